# What scan needs to know of chonkie.embeddings.
from chonkie import AutoEmbeddings as AutoEmbeddings
from chonkie import BaseEmbeddings as BaseEmbeddings
from chonkie import CohereEmbeddings as CohereEmbeddings
from chonkie import GeminiEmbeddings as GeminiEmbeddings
from chonkie import JinaEmbeddings as JinaEmbeddings
from chonkie import Model2VecEmbeddings as Model2VecEmbeddings
from chonkie import OpenAIEmbeddings as OpenAIEmbeddings
from chonkie import SentenceTransformerEmbeddings as SentenceTransformerEmbeddings
from chonkie import VoyageAIEmbeddings as VoyageAIEmbeddings
