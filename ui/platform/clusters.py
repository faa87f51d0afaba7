"""How many times Backspace is to be pressed for a text."""


def clusters(text: str) -> int:
    """How many Backspaces take a text back at least: joined emoji and accents count as one."""
    count, joined = 0, False
    flags = 0
    for character in text:
        number = ord(character)
        regional = 0x1F1E6 <= number <= 0x1F1FF
        flags = flags + 1 if regional else 0
        extends = (
            0x300 <= number <= 0x36F
            or 0xFE00 <= number <= 0xFE0F
            or 0x1F3FB <= number <= 0x1F3FF
            or number in {0x200D, 0x20E3}
            or (regional and flags % 2 == 0)
        )
        count += not extends and not joined
        joined = number == 0x200D
    return count
