# What scan needs to know of fpdf.fpdf.
from fpdf import FPDF as FPDF
