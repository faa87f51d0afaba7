"""Llama models as folders, the way Hugging Face's `transformers` saves them."""
