"""The model at run time: weights file, tokenizer, int8 kernels, KV cache, prefill and decode."""
