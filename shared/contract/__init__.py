"""What other systems build on, generated from the code: JSON Schemas of the events and the AsyncAPI document."""
