"""The drill: a stack of its own under load, whose processes and connections are killed, frozen and cut, and then held
against what the product promises."""
