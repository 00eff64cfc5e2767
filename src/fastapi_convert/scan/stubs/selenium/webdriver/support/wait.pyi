# What scan needs to know of selenium.webdriver.support.wait.
from selenium.webdriver.support.ui import WebDriverWait as WebDriverWait
