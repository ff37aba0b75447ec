"""What an account can publish, asked from outside: one source a registry.

Why one visible tuple: a new kind of account is one file and one line here.
"""

from regforensics.registries.accounts import npm_search
from regforensics.registries.accounts.npm_search import NpmUser

ACCOUNT_SOURCES = (NpmUser(),)
KINDS = (npm_search.KIND,)
read = npm_search.read
