"""What an account can publish, asked from outside: one source a registry.

Why one visible tuple: a new kind of account is one file and one line here.
"""

from regforensics.registries.accounts import npm_search, pypi_user
from regforensics.registries.accounts.npm_search import NpmUser
from regforensics.registries.accounts.pypi_user import PypiUser

ACCOUNT_SOURCES = (NpmUser(), PypiUser())
READERS = {npm_search.KIND: npm_search.read, pypi_user.KIND: pypi_user.read}
