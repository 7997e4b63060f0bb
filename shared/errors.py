"""Exceptions that cross package boundaries.

MailtallyError
├── SettingsError        a setting is missing or wrong: the process must not start
├── MalformedEvent       a message body is not an event of ours
│   └── UnknownEvent     it is an event, of a type or version that this code does not know
├── BrokerUnavailable    the broker is unavailable
└── PublishError         an event is not known to be stored by the broker
    ├── NotRoutable      no queue is bound for it: the topology is missing or wrong
    ├── NotPermitted     this service's broker user may not publish it: a retry is useless
    └── NotConfirmed     the broker refused it, or is unavailable
"""


class MailtallyError(Exception):
    """Root of the errors that this product raises on purpose."""


class SettingsError(MailtallyError):
    """A setting is missing or wrong; the message names the variable and says what is expected."""


class MalformedEvent(MailtallyError):
    """A message body that cannot be read as an event; the message says why, without quoting the
    body."""


class UnknownEvent(MalformedEvent):
    """A well-formed CloudEvent whose `type` no model is registered for."""


class BrokerUnavailable(MailtallyError):
    """The broker is unavailable or does not answer in time; the message names the kind of failure."""


class PublishError(MailtallyError):
    """The broker has not confirmed that it stored and routed the event; publishing it again is
    harmless."""


class NotRoutable(PublishError):
    """No queue is bound for the routing key, so that a confirm would have meant nothing."""


class NotPermitted(PublishError):
    """The broker user of this service has no permission to publish this routing key there."""


class NotConfirmed(PublishError):
    """The broker is unavailable, too slow, or refused the message."""
