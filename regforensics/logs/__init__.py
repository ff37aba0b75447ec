"""Logs and exports that responders are handed: one file a format, no I/O.

Why one visible tuple: a new format is one file and one line here; ingest, help and the contract
tests take it from the tuple.
"""

from regforensics.logs.alb import ApplicationLoadBalancer, ClassicLoadBalancer
from regforensics.logs.artifactory import ArtifactoryRequest
from regforensics.logs.artifactory_access import (
    ArtifactoryAccess,
    ArtifactoryOutbound,
    ArtifactoryRouter,
    ArtifactorySixRequest,
    ArtifactoryTraffic,
)
from regforensics.logs.audit_events import AuditEvents
from regforensics.logs.base import LineFormat
from regforensics.logs.cloudfront import CloudFront, CloudFrontJson
from regforensics.logs.combined import Combined
from regforensics.logs.nexus import NexusAudit, NexusOutbound, NexusRequest
from regforensics.logs.verdaccio import Verdaccio

LINE_FORMATS: tuple[LineFormat, ...] = (
    ArtifactoryRequest(), ArtifactoryAccess(), ArtifactoryOutbound(), ArtifactoryTraffic(),
    ArtifactorySixRequest(), ArtifactoryRouter(), NexusRequest(), NexusOutbound(), NexusAudit(),
    Verdaccio(), Combined(), ApplicationLoadBalancer(), ClassicLoadBalancer(), CloudFront(),
    CloudFrontJson(), AuditEvents())
