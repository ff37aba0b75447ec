"""Logs and exports that responders are handed: one file a format, no I/O.

Why one visible tuple: a new format is one file and one line here; ingest, help and the contract
tests take it from the tuple.
"""

from regforensics.logs.alb import ApplicationLoadBalancer, ClassicLoadBalancer
from regforensics.logs.artifact_registry import ArtifactRegistry
from regforensics.logs.artifactory import ArtifactoryRequest
from regforensics.logs.artifactory_access import (
    ArtifactoryAccess,
    ArtifactoryOutbound,
    ArtifactoryRouter,
    ArtifactorySixRequest,
    ArtifactoryTraffic,
)
from regforensics.logs.audit_events import AuditEvents
from regforensics.logs.base import DocumentFormat, LineFormat
from regforensics.logs.cdn_json import Cloudflare, Fastly
from regforensics.logs.cloudfront import CloudFront, CloudFrontJson
from regforensics.logs.codeartifact import CodeArtifact
from regforensics.logs.combined import Combined
from regforensics.logs.devpi import Devpi
from regforensics.logs.entra import EntraSignIns
from regforensics.logs.github_audit import GithubAudit
from regforensics.logs.google_workspace import GoogleWorkspace
from regforensics.logs.kafka import KafkaNotes
from regforensics.logs.nexus import NexusAudit, NexusOutbound, NexusRequest
from regforensics.logs.npm_account import NpmAccountJson, NpmAccountText
from regforensics.logs.okta import Okta
from regforensics.logs.pypi_history import PypiHistory
from regforensics.logs.records import JsonRecords
from regforensics.logs.s3_access import S3Access
from regforensics.logs.splunk import SplunkRows
from regforensics.logs.tables import CsvExport, SearchStatistics
from regforensics.logs.verdaccio import Verdaccio
from regforensics.logs.verdaccio_pretty import VerdaccioPretty

LINE_FORMATS: tuple[LineFormat, ...] = (
    ArtifactoryRequest(), ArtifactoryAccess(), ArtifactoryOutbound(), ArtifactoryTraffic(),
    ArtifactorySixRequest(), ArtifactoryRouter(), NexusRequest(), NexusOutbound(), NexusAudit(),
    Verdaccio(), Combined(), ApplicationLoadBalancer(), ClassicLoadBalancer(), CloudFront(),
    CloudFrontJson(), AuditEvents(), Okta(), GithubAudit(), EntraSignIns(), GoogleWorkspace(),
    CodeArtifact(), ArtifactRegistry(), Fastly(), Cloudflare(), S3Access(), Devpi(),
    VerdaccioPretty(), NpmAccountJson(), SplunkRows(), KafkaNotes())

DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = (
    PypiHistory(), NpmAccountText(), SearchStatistics(), CsvExport(LINE_FORMATS),
    JsonRecords(LINE_FORMATS))
