"""What Dovecot reads: the same server in the settings of 2.3 and, since many were renamed, of 2.4."""

import re
import subprocess
from collections.abc import Mapping
from string import Template

_RENAMED_IN = (2, 4)

_SAME = r"""
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/dovecot.log
protocols = imap
listen = $host
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
ssl = yes
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain oauthbearer xoauth2
auth_failure_delay = 0
auth_cache_size = 0
mail_max_userip_connections = 40
mailbox_list_index = yes
maildir_stat_dirs = no
first_valid_uid = 1
namespace inbox {
  inbox = yes
  separator = /
  mailbox Trash {
    special_use = \Trash
  }
  mailbox Junk {
    special_use = \Junk
  }
  mailbox Drafts {
    special_use = \Drafts
  }
  mailbox Sent {
    special_use = \Sent
  }
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = $tls_port
    ssl = yes
  }
}
service imap {
  executable = imap postlogin
}
service postlogin {
  executable = script-login -d rawlog
  unix_listener postlogin {
  }
}
"""
_OLD = r"""
ssl_cert = <$certificate
ssl_key = <$key
disable_plaintext_auth = yes
mail_location = maildir:$folder/mail/%u/Maildir
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = $folder/oauth2.conf
}
passdb {
  driver = static
  mechanisms = plain
  args = password={SHA256.hex}$password
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$folder/mail/%u
}
"""
_OLD_OAUTH2 = r"""
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$folder/keys/
username_attribute = sub
"""
# The version must be the first setting of all.
_NEW_FIRST = r"""
dovecot_config_version = $version
dovecot_storage_version = $version
"""
_NEW = r"""
ssl_server_cert_file = $certificate
ssl_server_key_file = $key
auth_allow_cleartext = no
mail_driver = maildir
mail_path = $folder/mail/%{user}/Maildir
oauth2 {
  introspection_mode = local
  username_attribute = sub
}
oauth2_local_validation {
  dict fs {
    fs posix {
      prefix = $folder/keys/
    }
  }
}
passdb oauth2 {
  mechanisms_filter = oauthbearer xoauth2
}
passdb static {
  mechanisms_filter = plain
  password = {SHA256.hex}$password
}
userdb static {
  fields {
    uid = $user
    gid = $group
    home = $folder/mail/%{user}
  }
}
"""


def files(path: str, values: Mapping[str, object]) -> dict[str, str]:
    """The text of each file that the `dovecot` found along `path` is to read."""
    version = _version(path)
    if version >= _RENAMED_IN:
        # 2.4 looks for its settings as they were in a version that it knows: its own.
        parts = {"dovecot.conf": _NEW_FIRST + _SAME + _NEW}
    else:
        parts = {"dovecot.conf": _SAME + _OLD, "oauth2.conf": _OLD_OAUTH2}
    known = {**values, "version": ".".join(map(str, version))}
    return {name: Template(text).substitute(known) for name, text in parts.items()}


def _version(path: str) -> tuple[int, ...]:
    said = subprocess.run(
        ["dovecot", "--version"], env={"PATH": path}, capture_output=True, text=True, check=True
    ).stdout
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", said)
    if found is None:
        raise RuntimeError(f"dovecot does not say its version: {said!r}")
    return tuple(map(int, found.groups()))
