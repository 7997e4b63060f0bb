"""The pages: rendered by the server, alive by small modules in the browser, from nowhere but here."""
