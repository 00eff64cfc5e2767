# What scan needs to know of langchain.llms.
from langchain_community.llms import Bedrock as Bedrock
from langchain_community.llms import CTransformers as CTransformers
from langchain_community.llms import GPT4All as GPT4All
from langchain_community.llms import HuggingFaceEndpoint as HuggingFaceEndpoint
from langchain_community.llms import HuggingFaceHub as HuggingFaceHub
from langchain_community.llms import HuggingFacePipeline as HuggingFacePipeline
from langchain_community.llms import LlamaCpp as LlamaCpp
from langchain_community.llms import Ollama as Ollama
from langchain_community.llms import OpenAI as OpenAI
from langchain_community.llms import Replicate as Replicate
from langchain_community.llms import VLLM as VLLM
