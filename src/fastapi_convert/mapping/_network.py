"""Name servers, remote shells, file transfer, directories and devices."""

from __future__ import annotations

from functools import partial

from ._categories import NETWORK, SUBPROCESS
from ._grouping import calls
from ._model import Blocking, Unless

__all__ = ("ROWS",)

_rows = partial(calls, category=NETWORK)
_SSH = "`asyncssh` speaks the same protocol; its connection is an async context manager."
_CHILD = 'pexpect.spawn("program")'
_HOST = '"host.example.org"'

_NAMES = (
    *_rows("dns.resolver", "resolve resolve_at resolve_name", "dns.asyncresolver.*", arguments='"example.org"'),
    *_rows(
        "dns.resolver", "query", "dns.asyncresolver.resolve", arguments='"example.org"', note="Deprecated: resolve."
    ),
    *_rows("dns.resolver", "resolve_address", "dns.asyncresolver.*", arguments='"192.0.2.1"'),
    *_rows("dns.resolver", "canonical_name zone_for_name", "dns.asyncresolver.*", arguments='"example.org"'),
    *_rows(
        "dns.resolver.Resolver",
        "resolve resolve_address resolve_name canonical_name",
        "dns.asyncresolver.Resolver.*",
        construct="dns.resolver.Resolver()",
        arguments='"example.org"',
    ),
    *_rows(
        "dns.resolver.Resolver",
        "query",
        "dns.asyncresolver.Resolver.resolve",
        construct="dns.resolver.Resolver()",
        arguments='"example.org"',
        note="Deprecated: resolve.",
    ),
    *_rows(
        "dns.query",
        "udp tcp tls https quic udp_with_fallback",
        "dns.asyncquery.*",
        arguments='dns.message.make_query("example.org", "A"), "192.0.2.1"',
    ),
    *_rows("dns.query", "xfr", "dns.asyncquery.inbound_xfr", arguments='"192.0.2.1", "example.org"'),
    *_rows("dns.query", "inbound_xfr", "dns.asyncquery.*", arguments='"192.0.2.1", dns.versioned.Zone("example.org")'),
    *_rows("whois", "whois", arguments='"example.org"'),
    *_rows(
        "email_validator",
        "validate_email",
        arguments='"somebody@example.org"',
        unless=(Unless("check_deliverability", equals=False),),
        note="Asks the name server whether the domain takes mail.",
    ),
)

_SHELLS = (
    *_rows(
        "paramiko.SSHClient",
        "connect",
        "asyncssh.connect",
        construct="paramiko.SSHClient()",
        arguments=_HOST,
        note=_SSH,
    ),
    *_rows(
        "paramiko.SSHClient",
        "exec_command",
        "asyncssh.SSHClientConnection.run",
        construct="paramiko.SSHClient()",
        arguments='"uptime"',
    ),
    *_rows(
        "paramiko.SSHClient",
        "invoke_shell",
        "asyncssh.SSHClientConnection.create_process",
        construct="paramiko.SSHClient()",
    ),
    *_rows(
        "paramiko.SSHClient",
        "open_sftp",
        "asyncssh.SSHClientConnection.start_sftp_client",
        construct="paramiko.SSHClient()",
    ),
    *_rows(
        "paramiko",
        "Transport",
        "asyncssh.connect",
        arguments='("host.example.org", 22)',
        note="Connects, unless it is given a socket.",
    ),
    *_rows(
        "paramiko.Transport",
        "connect start_client auth_password auth_publickey auth_interactive",
        "asyncssh.connect",
        construct='paramiko.Transport(("host.example.org", 22))',
        note=_SSH,
    ),
    *_rows(
        "paramiko.Transport",
        "open_session open_channel",
        "asyncssh.SSHClientConnection.create_process",
        construct='paramiko.Transport(("host.example.org", 22))',
    ),
    *_rows(
        "paramiko.Transport",
        "open_sftp_client",
        "asyncssh.SSHClientConnection.start_sftp_client",
        construct='paramiko.Transport(("host.example.org", 22))',
    ),
    *_rows(
        "paramiko.Channel",
        "recv recv_stderr recv_exit_status send sendall exec_command invoke_shell",
        "asyncssh.SSHClientConnection.create_process",
        construct='paramiko.Transport(("host.example.org", 22)).open_session()',
    ),
    *_rows(
        "paramiko.ChannelFile",
        "read readline readlines write",
        "asyncssh.SSHClientConnection.run",
        construct='paramiko.SSHClient().exec_command("uptime")[1]',
        note="`run` gives the whole output as text.",
    ),
    *_rows(
        "paramiko.SFTPClient",
        "from_transport",
        "asyncssh.SSHClientConnection.start_sftp_client",
        construct="paramiko.SFTPClient",
        arguments='paramiko.Transport(("host.example.org", 22))',
    ),
    *_rows(
        "paramiko.SFTPClient",
        "get put listdir stat lstat open remove rename mkdir rmdir chdir chmod unlink symlink posix_rename utime",
        "asyncssh.SFTPClient.*",
        construct="paramiko.SSHClient().open_sftp()",
        arguments='"name"',
    ),
    *_rows(
        "paramiko.SFTPClient",
        "listdir_attr listdir_iter",
        "asyncssh.SFTPClient.readdir",
        construct="paramiko.SSHClient().open_sftp()",
    ),
    *_rows(
        "paramiko.SFTPClient",
        "getfo putfo",
        "asyncssh.SFTPClient.open",
        construct="paramiko.SSHClient().open_sftp()",
        arguments='"name", None',
    ),
    *_rows(
        "paramiko.SFTPFile",
        "read readline readlines write",
        "asyncssh.SFTPClient.open",
        construct='paramiko.SSHClient().open_sftp().open("name")',
    ),
    *_rows(
        "fabric.Connection",
        "run sudo",
        "asyncssh.SSHClientConnection.run",
        construct='fabric.Connection("host.example.org")',
        arguments='"uptime"',
    ),
    *_rows(
        "fabric.Connection",
        "open",
        "asyncssh.connect",
        construct='fabric.Connection("host.example.org")',
    ),
    *_rows(
        "fabric.Connection",
        "get put",
        "asyncssh.SFTPClient.*",
        construct='fabric.Connection("host.example.org")',
        arguments='"name"',
    ),
    *_rows("fabric.Connection", "local", construct='fabric.Connection("host.example.org")', arguments='"uptime"'),
    *_rows("fabric.SerialGroup", "run sudo put get", construct='fabric.SerialGroup("host")', arguments='"uptime"'),
    *_rows(
        "fabric.ThreadingGroup", "run sudo put get", construct='fabric.ThreadingGroup("host")', arguments='"uptime"'
    ),
    *_rows("netmiko", "ConnectHandler", note="Connects and logs in.", arguments='device_type="linux", host="host"'),
    *_rows(
        "netmiko.BaseConnection",
        "send_command send_command_timing send_multiline send_config_set send_config_from_file find_prompt enable "
        "config_mode exit_config_mode save_config commit disconnect",
        construct='netmiko.ConnectHandler(device_type="linux", host="host")',
    ),
    *calls(
        "pexpect",
        "spawn run",
        "asyncio.create_subprocess_exec",
        category=SUBPROCESS,
        arguments='"program"',
    ),
    *calls(
        "pexpect.spawn",
        "expect expect_exact",
        category=SUBPROCESS,
        construct=_CHILD,
        arguments='"login:"',
        unless=(Unless("async_", equals=True, position=3),),
        note="With `async_=True` it can be awaited.",
    ),
    *calls("pexpect.spawn", "expect_list", category=SUBPROCESS, construct=_CHILD, arguments="[]"),
    *calls(
        "pexpect.spawn", "read readline readlines read_nonblocking wait interact", category=SUBPROCESS, construct=_CHILD
    ),
    *calls(
        "pexpect.spawn",
        "send sendline",
        category=SUBPROCESS,
        construct=_CHILD,
        arguments='"text"',
        note="Sleeps 50 ms before it sends, unless `delaybeforesend` says otherwise.",
    ),
    *_rows(
        "pexpect.pxssh.pxssh",
        "login",
        "asyncssh.connect",
        construct="pexpect.pxssh.pxssh()",
        arguments=_HOST,
        note=_SSH,
    ),
    *_rows(
        "pexpect.pxssh.pxssh",
        "prompt",
        "asyncssh.SSHClientConnection.run",
        construct="pexpect.pxssh.pxssh()",
    ),
)

_TRANSFER = (
    *_rows("ftputil", "FTPHost", arguments='"ftp.example.org", "user", "password"', note="Connects and logs in."),
    *_rows(
        "ftputil.FTPHost",
        "listdir upload upload_if_newer download download_if_newer open remove rename mkdir makedirs rmdir rmtree stat "
        "walk chdir",
        construct='ftputil.FTPHost("ftp.example.org", "user", "password")',
        arguments='"name"',
    ),
    *_rows("pysftp", "Connection", "asyncssh.connect", arguments=_HOST, note="pysftp is no longer kept."),
    *_rows(
        "pysftp.Connection",
        "get put listdir remove rename mkdir makedirs rmdir stat open chdir",
        "asyncssh.SFTPClient.*",
        construct='pysftp.Connection("host.example.org")',
        arguments='"name"',
    ),
    *_rows(
        "pysftp.Connection",
        "get_d get_r put_d put_r getfo putfo listdir_attr exists isfile isdir execute",
        "asyncssh.SFTPClient",
        construct='pysftp.Connection("host.example.org")',
        arguments='"name"',
    ),
    *_rows(
        "smbclient",
        "register_session open_file listdir scandir walk stat lstat mkdir makedirs remove rename replace rmdir unlink",
        arguments='"server"',
    ),
    *_rows("smbclient.shutil", "copy copy2 copyfile copytree rmtree", arguments='r"\\\\server\\share\\name"'),
)

_BIND = "Connects and signs in when `auto_bind` says so."
_DIRECTORIES = (
    *_rows(
        "ldap3",
        "Connection",
        level="warn",
        arguments='"ldap.example.org", auto_bind=True',
        note=_BIND,
        unless=(Unless("auto_bind", False, 3, default=True),),
    ),
    *_rows(
        "ldap3.Connection", "__enter__", construct='ldap3.Connection("ldap.example.org")', note="Connects and signs in."
    ),
    *_rows(
        "ldap3.Connection",
        "bind rebind search add modify modify_dn delete compare start_tls extended refresh_server_info",
        construct='ldap3.Connection("ldap.example.org")',
    ),
    *_rows(
        "ldap3.Connection.extend.standard",
        "paged_search who_am_i modify_password",
        construct='ldap3.Connection("ldap.example.org").extend.standard',
    ),
    *_rows(
        "ldap.ldapobject.LDAPObject",
        "simple_bind_s bind_s sasl_interactive_bind_s search_s search_ext_s search_st add_s add_ext_s modify_s "
        "modify_ext_s delete_s delete_ext_s rename_s compare_s compare_ext_s passwd_s whoami_s start_tls_s result "
        "result2 result3 result4",
        construct='ldap.initialize("ldap://ldap.example.org")',
    ),
)

_PACKETS = (
    *_rows("ping3", "ping", "icmplib.async_ping", arguments=_HOST),
    *_rows("ping3", "verbose_ping", "icmplib.async_ping", arguments=_HOST),
    *_rows("icmplib", "ping multiping", "icmplib.async_*", arguments=_HOST),
    *_rows("icmplib", "resolve", "icmplib.async_resolve", arguments=_HOST),
    *_rows("icmplib", "traceroute", arguments=_HOST),
    *_rows(
        "scapy.all",
        "sr sr1 srp srp1 srloop srploop send sendp sniff arping traceroute",
        arguments='scapy.all.IP(dst="192.0.2.1")',
        note="`AsyncSniffer` sniffs on a thread of its own.",
    ),
    *_rows("ntplib.NTPClient", "request", construct="ntplib.NTPClient()", arguments='"pool.ntp.org"'),
)

_DEVICES = (
    *_rows("serial", "Serial", arguments='"/dev/ttyUSB0"', note="Opens the port."),
    *_rows(
        "serial.Serial",
        "read readline readlines read_until read_all write flush",
        construct='serial.Serial("/dev/ttyUSB0")',
    ),
    *_rows(
        "pymodbus.client.ModbusTcpClient",
        "connect read_coils read_discrete_inputs read_holding_registers read_input_registers write_coil write_coils "
        "write_register write_registers",
        "pymodbus.client.AsyncModbusTcpClient.*",
        construct='pymodbus.client.ModbusTcpClient("192.0.2.1")',
    ),
)

ROWS: tuple[Blocking, ...] = (*_NAMES, *_SHELLS, *_TRANSFER, *_DIRECTORIES, *_PACKETS, *_DEVICES)
