"""llama2.c's checkpoint files (``.bin``) and its ``tokenizer.bin``, read and written."""
