"""The texts of a broker's files: mosquitto.conf and ACL, each line with its reason."""

import os

MARK = "# Written by echomesh scripts/broker-config; a further run overwrites it."
BROKER_USER = "mosquitto"  # Debian's


def acl_text(agents, root):
    """Explicit lines a user. `pattern … %u` would be shorter, but a pattern holds for every user:
    the viewer could report as a location named viewer."""
    probe, report = f"{root}-probe/v1", f"{root}-report/v1"
    lines = [
        MARK,
        "# What is not listed is forbidden. MQTT 3.1.1 tells a client nothing of that: a publication",
        "# without right is acknowledged and dropped, a subscription is granted and stays silent.",
    ]
    for agent in agents:
        own = f"{root}/v1/agent/{agent}"
        lines += [
            "",
            f"# The agent in {agent} speaks for itself alone.",
            f"user {agent}",
            f"topic write {report}/{agent}",
            f"topic write {report}/{agent}/replay",
            f"topic write {report}/{agent}/hello",
            f"topic read {report}/{agent}/ack",
            f"topic readwrite {probe}/{agent}",
            f"topic readwrite {own}/availability",
            f"topic readwrite {own}/info",
        ]
    lines += [
        "",
        "# The aggregator hears all reports, answers with acks and keeps the status topics. It reads",
        "# them too: availability and info of agents, its own heartbeat, what operators announce.",
        "user aggregator",
        f"topic read {report}/#",
        f"topic write {report}/+/ack",
        f"topic readwrite {root}/v1/#",
        "",
        "# Dashboards and alert scripts. The password may be public: it opens nothing to write.",
        "user viewer",
        f"topic read {root}/#",
        "",
    ]
    return "\n".join(lines)


def conf_text(options, folder, user):
    tls = bool(options.certfile)
    port = options.port or (8883 if tls else 1883)
    lines = [
        MARK,
        "",
        "# Who is the broker. A broker started as root reads the files below as this user.",
        *user_lines(user),
        "",
        "# One listener on one address; a wider one is the operator's decision (--bind).",
        f"listener {port} {options.bind}",
    ]
    if tls:
        lines += [
            "# The certificate that agents check by name, and its key.",
            f"certfile {os.path.abspath(options.certfile)}",
            f"keyfile {os.path.abspath(options.keyfile)}",
        ]
    if options.cafile:
        lines += [
            "# The CA of client certificates, and whether one must be shown. The user is always the",
            "# one of the password, so a certificate cannot speak for another location.",
            f"cafile {os.path.abspath(options.cafile)}",
            f"require_certificate {'true' if options.require_certificate else 'false'}",
        ]
    lines += [
        "",
        "# Every client has a name and a password, and no right that the ACL does not list.",
        "allow_anonymous false",
        f"password_file {folder / 'passwd'}",
        f"acl_file {folder / 'acl'}",
        "",
        "# An echo waits for no other packet: Nagle's algorithm can hold one back for 40 ms.",
        "set_tcp_nodelay true",
        "",
        "# Beyond its queue limit Mosquitto drops silently, and after PUBACK. The default of 1000 is",
        "# one burst; a client that ever had more waiting may hear no QoS 1 message again.",
        "max_queued_messages 100000",
        "# The same bound in bytes, a client: what a subscriber that never reads may cost.",
        "max_queued_bytes 67108864",
        "# And of the broker as a whole: it refuses work before the machine runs out of memory.",
        "memory_limit 1073741824",
        "",
        "# Reports and replays are at most 64 KiB, retained documents 4 KiB: 256 KiB is generous,",
        "# and far from the 256 MB that a client might otherwise leave retained.",
        "message_size_limit 262144",
        "# The same with the longest topic, told to MQTT 5 clients: such packets end a connection.",
        "max_packet_size 327680",
        "# QoS 1 messages on the way to one client. The default of 20 makes a page that is 150 ms",
        "# away wait for its retained topics; a client can still ask for less.",
        "max_inflight_messages 100",
        "",
        "# A session that nobody came back to is forgotten.",
        "persistent_client_expiration 7d",
        "",
    ]
    if options.persistence:
        lines += [
            "# Retained topics and sessions survive a restart. Saved after 50 changes, not after the",
            "# default of half an hour; each save rewrites the file and holds up echoes meanwhile",
            "# (under 2 ms for 1,000 topics), so not after every change.",
            "persistence true",
            f"persistence_location {folder / 'data'}/",
            "autosave_on_changes true",
            "autosave_interval 50",
        ]
    else:
        lines += [
            "# Nothing on disk: agents and aggregators publish all again after a restart. With",
            "# --persistence, dashboards see the last state meanwhile.",
            "persistence false",
        ]
    lines += [
        "",
        "# To stderr: the journal or the demo keeps it. Times that can be compared with reports.",
        "log_dest stderr",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        "",
    ]
    return "\n".join(lines)


def user_lines(user):
    if user == BROKER_USER:
        return ["# It owns passwd and acl; passwords/ stays closed to it.", f"user {user}"]
    if user == "root":
        return [
            f"# root, because user {BROKER_USER} cannot enter this directory (or one above it), or not",
            "# read the TLS key. Good for a trial; in production give it the rights and run this again.",
            "user root",
        ]
    return ["# No `user` line: not written by root, so whoever wrote it starts the broker."]
