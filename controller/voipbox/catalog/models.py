# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be ordered, where it runs, and which provider it is bought at."""

from __future__ import annotations

import enum

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from voipbox.core.sealed import SealedJSON
from voipbox.providers.models import ProviderAccount


class Kind(enum.StrEnum):
    """Kinds of products."""

    NUMBER_FIRST = "number-first"
    NUMBER_SECOND = "number-second"
    EXTENSIONS = "extensions"
    FEATURE = "feature"

    @property
    def is_number(self) -> bool:
        """True for a number, which is bought at a provider."""
        return self in (Kind.NUMBER_FIRST, Kind.NUMBER_SECOND)


KIND_LABELS = {
    Kind.NUMBER_FIRST: "Number at the first provider",
    Kind.NUMBER_SECOND: "Number at the second provider",
    Kind.EXTENSIONS: "Extension package",
    Kind.FEATURE: "Feature add-on",
}
FEATURES = {"call-recording": "Call recording"}


class PbxServer(models.Model):
    """A PBX server: a host of the inventory."""

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=100)
    base_domain = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    default = models.BooleanField(default=False)
    host_variables = models.JSONField(default=dict, blank=True)
    secret_variables = SealedJSON()
    time_zone = models.CharField(max_length=64, default="America/Toronto")
    language = models.CharField(max_length=8, default="en-us")
    first_extension = models.PositiveIntegerField(default=1001)
    surveyed_at = models.DateTimeField(null=True, blank=True)
    survey_error = models.TextField(blank=True)
    survey_facts = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["default"], condition=Q(default=True), name="one_default_server"),)

    def __str__(self) -> str:
        return self.name


class ServerDomain(models.Model):
    """A domain that was seen on a PBX server at its last survey."""

    server = models.ForeignKey(PbxServer, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253)
    uuid = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["server", "name"], name="one_domain_a_server"),)


class ProductGroup(models.Model):
    """A shelf of the storefront."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something that can be ordered alone or in bundles. toll_allow: toll classes that it gives to extensions."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    group = models.ForeignKey(ProductGroup, on_delete=models.PROTECT, related_name="products")
    kind = models.CharField(max_length=20, choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    seats = models.PositiveIntegerField(default=0)
    feature = models.CharField(max_length=30, blank=True, choices=list(FEATURES.items()))
    record = models.CharField(
        max_length=8, blank=True, choices=[(mode, mode) for mode in ("all", "local", "inbound", "outbound")]
    )
    toll_allow = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    active = models.BooleanField(default=True)
    auto_run = models.BooleanField(default=False)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(condition=~Q(kind="extensions") | Q(seats__gt=0), name="a_package_has_seats"),
            models.CheckConstraint(condition=~Q(kind="feature") | ~Q(feature=""), name="a_feature_is_named"),
        )

    def __str__(self) -> str:
        return self.name


class Bundle(models.Model):
    """Several products, of one or several groups, sold together."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    auto_run = models.BooleanField(default=False)
    products = models.ManyToManyField(Product, through="BundleItem", related_name="bundles")

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class BundleItem(models.Model):
    """How many of a product a bundle holds."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])

    class Meta:
        constraints = (models.UniqueConstraint(fields=["bundle", "product"], name="a_product_once_a_bundle"),)


class BillingTerm(models.Model):
    """How often something is paid; months 0 is once."""

    slug = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=50)
    months = models.PositiveIntegerField()

    class Meta:
        ordering = ("months",)

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a product or bundle costs on one term."""

    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.CASCADE, related_name="prices")
    bundle = models.ForeignKey(Bundle, null=True, blank=True, on_delete=models.CASCADE, related_name="prices")
    term = models.ForeignKey(BillingTerm, on_delete=models.PROTECT)
    currency = models.CharField(max_length=3, default="USD")
    setup = models.DecimalField(max_digits=12, decimal_places=4, default=0, validators=[MinValueValidator(0)])
    recurring = models.DecimalField(max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(product__isnull=True) ^ Q(bundle__isnull=True), name="price_of_one_thing"),
            models.UniqueConstraint(fields=["product", "term", "currency"], name="one_price_a_product"),
            models.UniqueConstraint(fields=["bundle", "term", "currency"], name="one_price_a_bundle"),
        )


class Mapping(models.Model):
    """A rule: what belongs to a group, is a product or is a bundle is bought at an account.

    The account's slug is kept beside the link, so that a rule whose account was deleted can say which one it was.
    """

    group = models.OneToOneField(ProductGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping")
    product = models.OneToOneField(Product, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping")
    bundle = models.OneToOneField(Bundle, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping")
    account = models.ForeignKey(ProviderAccount, null=True, on_delete=models.SET_NULL, related_name="mappings")
    account_slug = models.CharField(max_length=50)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(group__isnull=False, product__isnull=True, bundle__isnull=True)
                | Q(group__isnull=True, product__isnull=False, bundle__isnull=True)
                | Q(group__isnull=True, product__isnull=True, bundle__isnull=False),
                name="a_rule_has_one_target",
            ),
        )
