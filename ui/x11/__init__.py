"""The desktop under X11: text through AT-SPI, keys through XRecord, grabs and XTEST."""
