"""The contract of the events, generated from the code: JSON Schemas and the AsyncAPI document."""
