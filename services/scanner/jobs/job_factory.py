"""Factory of the two jobs, plan and slice, from what all of them share."""

from dataclasses import dataclass

from services.scanner.jobs.plan_job import PlanJob
from services.scanner.jobs.slice_job import SliceJob
from services.scanner.repository.ledger import Ledger
from services.scanner.results.examiner import Examiner
from services.scanner.results.writer import ResultWriter
from services.scanner.runs.model import Claim
from services.scanner.sources.factory import SourceFactory


@dataclass(frozen=True)
class JobLimits:
    """Sizes of the work: messages of a slice, and units at a time.

    `groups_at_once`: groups of messages of one slice that are with the parsers or wait for one.
    """

    slice_messages: int
    units_at_once: int
    groups_at_once: int


@dataclass(frozen=True)
class JobFactory:
    """Makes the job of a claimed unit."""

    sources: SourceFactory
    ledger: Ledger
    examiner: Examiner
    writer: ResultWriter
    limits: JobLimits

    def plan(self, claim: Claim) -> PlanJob:
        """Make the job that lists the mailbox and cuts it into slices."""
        return PlanJob(claim, self.sources, self.ledger, slice_messages=self.limits.slice_messages)

    def slice(self, claim: Claim) -> SliceJob:
        """Make the job that reads the messages of a slice."""
        return SliceJob(
            claim, self.sources, self.examiner, self.ledger, self.writer, at_once=self.limits.groups_at_once
        )
