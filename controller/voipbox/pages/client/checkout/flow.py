# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps in their order, and which of them an order has."""

from __future__ import annotations

from dataclasses import dataclass

from .admin import AdminStep
from .company import CompanyStep
from .content import Content
from .number import NumberStep
from .own_number import OwnNumberStep
from .products import ProductsStep
from .registration import RegistrationStep
from .review import ReviewStep
from .step import Step
from .tenant import TenantStep

STEPS: tuple[Step, ...] = (
    ProductsStep(),
    CompanyStep(),
    NumberStep(),
    OwnNumberStep(),
    RegistrationStep(),
    TenantStep(),
    AdminStep(),
    ReviewStep(),
)


@dataclass(frozen=True)
class Mark:
    """A step in the bar above the page. open: it can be gone to."""

    step: Step
    place: int
    here: bool
    done: bool
    open: bool


def steps_of(content: Content) -> list[Step]:
    """The steps that an order like this has."""
    return [step for step in STEPS if step.applies(content)]


def first_open(content: Content) -> Step:
    """The first step that is not complete."""
    return next(step for step in steps_of(content) if not step.complete(content))


def reachable(content: Content, slug: str) -> Step | None:
    """The step of this name when all before it are complete, else None."""
    for step in steps_of(content):
        if step.slug == slug:
            return step
        if not step.complete(content):
            return None
    return None


def after(content: Content, step: Step) -> Step:
    """Where to go from a step that was completed: to the next one."""
    steps = steps_of(content)
    slugs = [one.slug for one in steps]
    place = slugs.index(step.slug) if step.slug in slugs else -1
    return steps[min(place + 1, len(steps) - 1)]


def marks(content: Content, here: Step) -> list[Mark]:
    """The bar."""
    found, free = [], True
    for place, step in enumerate(steps_of(content), 1):
        done = step.complete(content)
        found.append(Mark(step, place, step.slug == here.slug, done, free))
        free = free and done
    return found
