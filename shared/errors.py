"""The exceptions that cross module borders.

MailtallyError
├── SettingsError        a setting is missing or wrong: the process must not start
├── MalformedEvent       a message body is not an event of ours
│   └── UnknownEvent     it is an event, of a type or version that this code does not know
├── BrokerUnavailable    the broker is away or does not answer in time
└── PublishError         an event is not known to be stored by the broker
    ├── NotRoutable      no queue is bound for it: the topology is missing or wrong
    ├── NotPermitted     this service's broker user may not publish it: trying again is useless
    └── NotConfirmed     the broker refused it, did not answer in time or is away
"""


class MailtallyError(Exception):
    """Root of all errors that this product raises on purpose."""


class SettingsError(MailtallyError):
    """A setting is missing or wrong; the message names the variable and says what is expected."""


class MalformedEvent(MailtallyError):
    """A message body that cannot be read as an event; the message says why, without quoting the body."""


class UnknownEvent(MalformedEvent):
    """A well-formed CloudEvent whose `type` no model is registered for."""


class BrokerUnavailable(MailtallyError):
    """The broker cannot be asked now; the message names the kind of trouble."""


class PublishError(MailtallyError):
    """The broker has not confirmed that it stored and routed the event; publishing it again is harmless."""


class NotRoutable(PublishError):
    """No queue is bound for the routing key, so that a confirm would have meant nothing."""


class NotPermitted(PublishError):
    """The broker user of this service has no right to publish this routing key there."""


class NotConfirmed(PublishError):
    """The broker is away, too slow, or refused the message."""
