"""What makes weights: corpora, tokenizer, model, training loop and export."""
