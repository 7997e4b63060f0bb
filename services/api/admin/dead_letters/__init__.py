"""Dead letters for administrators: list, redrive and drop them."""
