"""One random way through everything that can happen: any order of steps, and faults at any point."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.protocol.gates import Actor
from tests.support.protocol.mailbox import DEADLY
from tests.support.protocol.world import Message, World

_AT_ONCE = 3


@dataclass
class Chaos:
    """Drives the world until nothing is under way. `faults` is how many may still happen; `losses`, how many commands
    the broker may lose."""

    world: World
    rng: random.Random
    faults: int
    losses: int = 0
    _actors: dict[Actor, Message | None] = field(default_factory=dict)

    async def run(self) -> None:
        """Deliver, step and break, in random order."""
        while self._actors or self.world.queue or self.world.delayed:
            await self.rng.choice(self._possible())()

    def _possible(self) -> list[Callable[[], Awaitable[None]]]:
        """Steps are likelier than deliveries, and those than faults."""
        possible: list[Callable[[], Awaitable[None]]] = []
        if self._actors:
            possible += [self._step] * 12
        if self.world.queue and len(self._actors) < _AT_ONCE:
            possible += [self._deliver] * 4
        if self.world.delayed:
            possible.append(self._end_delay)
        if self.faults:
            possible.append(self._fault)
        if self.losses and self.world.queue:
            possible.append(self._lose_a_command)
        return possible

    async def _step(self) -> None:
        actor = self.rng.choice(list(self._actors))
        at = await actor.at()
        if at is None:
            del self._actors[actor]
        elif at == DEADLY:
            await self._kill(actor)
        else:
            await actor.step()

    async def _deliver(self) -> None:
        message = self.rng.choice(self.world.queue)
        self._actors[self.world.deliver(message)] = message

    async def _end_delay(self) -> None:
        self.world.queue.append(self.world.delayed.pop())

    async def _fault(self) -> None:
        self.faults -= 1
        await self.rng.choice(
            [self._kill_one, self._lose_channel, self._double, self._oversleep, self._sweep_wrongly]
        )()

    async def _kill_one(self) -> None:
        if self._actors:
            await self._kill(self.rng.choice(list(self._actors)))

    async def _kill(self, actor: Actor) -> None:
        message = self._actors.pop(actor)
        await actor.kill()
        if message is not None:
            self._redeliver(message)

    async def _lose_channel(self) -> None:
        """The broker delivers again what is still being worked on."""
        held = [actor for actor, message in self._actors.items() if message is not None]
        if held:
            actor = self.rng.choice(held)
            message, self._actors[actor] = self._actors[actor], None
            assert message is not None
            self._redeliver(message)

    def _redeliver(self, message: Message) -> None:
        self.world.redeliver(message, flagged=self.rng.random() < 0.8)

    async def _double(self) -> None:
        if self.world.queue:
            self.world.redeliver(self.rng.choice(self.world.queue), flagged=False)

    async def _oversleep(self) -> None:
        """All who hold something were frozen until their leases were over; a sweep finds that."""
        await self.world.time_passes()
        await self._sweep_wrongly()

    async def _sweep_wrongly(self) -> None:
        self._actors[self.world.sweep()] = None

    async def _lose_a_command(self) -> None:
        commands = [message for message in self.world.queue if message.is_command]
        if commands:
            self.losses -= 1
            self.world.queue.remove(self.rng.choice(commands))
