"""GGUF, the format of llama.cpp: reading and writing models of the llama architecture."""
