#!/usr/bin/python3
"""Runs inside the booted machine: starts the units as an operator would and writes down what
happened, a line of JSON a check, to /result/checks. Each check's name is a sentence that is true.
"""

import json
import os
import pathlib
import signal
import stat
import time
import traceback

from mesh_inside import (SECRETS, credentials_folder, heard, installed_unit,
                         lay_out_brokers, lay_out_programs, main_pid, must, process_status,
                         properties, run)

AGENT, AGGREGATOR = "echomesh-agent.service", "echomesh-aggregator@us.service"
BOTH = (AGENT, AGGREGATOR)
NOBODY_CAN = "0000000000000000"
RESTART_LIMIT = 20
STATE_TOPIC = "echomesh/v1/region/eu/location/oregon/state"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def wait_until(is_true, limit, what):
    end = time.monotonic() + limit
    while not is_true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}; {run('systemctl', 'status', *BOTH)[1]}")
        time.sleep(0.05)


def wait_for_another(unit, pid):
    """Another process than `pid` serves, ready."""
    def serves():
        facts = properties(unit, "MainPID", "ActiveState")
        return facts["MainPID"] not in ("0", str(pid)) and facts["ActiveState"] == "active"

    wait_until(serves, RESTART_LIMIT, f"{unit} started again")


def wait_for_echoes():
    wait_until(lambda: heard(STATE_TOPIC, 2) == "accessible", 40, f"{STATE_TOPIC} accessible")


@check
def units_verify_where_they_are_installed():
    for name in ("echomesh-agent.service", "echomesh-aggregator@.service"):
        equal(run("systemd-analyze", "verify", installed_unit(name)), (0, ""), name)


@check
def tmpfiles_make_the_folders_with_closed_secrets():
    for path, mode in (("/etc/echomesh", 0o755), ("/etc/echomesh/secrets", 0o700),
                       ("/etc/echomesh/secrets/agent", 0o700)):
        facts = os.stat(path)
        equal((stat.S_IMODE(facts.st_mode), facts.st_uid), (mode, 0), path)


@check
def both_are_started_though_no_broker_is_there():
    must("systemctl", "start", *BOTH)
    for unit in BOTH:
        equal(properties(unit, "ActiveState", "SubState", "NRestarts"),
              {"ActiveState": "active", "SubState": "running", "NRestarts": "0"}, unit)


@check
def status_is_one_line_for_people():
    equal(properties(AGENT, "StatusText")["StatusText"], "at oregon watches 2 regions")
    equal(properties(AGGREGATOR, "StatusText")["StatusText"],
          "serves mqtt://us.broker.test:1883")


@check
def echoes_arrive_by_name_password_and_client_certificate():
    must("systemctl", "start", "broker@us.service", "broker@eu.service")
    wait_for_echoes()


@check
def processes_are_nobody_with_no_rights_behind_a_filter():
    for unit in BOTH:
        facts = process_status(main_pid(unit))
        if "0" in facts["Uid"].split() + facts["Gid"].split():
            raise AssertionError(f"{unit} runs as root: {facts['Uid']}, {facts['Gid']}")
        for key, expected in (("CapEff", NOBODY_CAN), ("CapPrm", NOBODY_CAN),
                              ("CapBnd", NOBODY_CAN), ("CapAmb", NOBODY_CAN),
                              ("NoNewPrivs", "1"), ("Seccomp", "2")):
            equal(facts[key], expected, f"{unit} {key}")


@check
def state_is_theirs_alone():
    for unit, folder in ((AGENT, "echomesh-agent"), (AGGREGATOR, "echomesh-aggregator/us")):
        user = int(process_status(main_pid(unit))["Uid"].split()[0])
        facts = os.stat(pathlib.Path("/var/lib", folder))
        equal((stat.S_IMODE(facts.st_mode), facts.st_uid), (0o700, user), folder)
        equal(pathlib.Path("/var/lib", folder).resolve(), pathlib.Path("/var/lib/private", folder))


@check
def credentials_are_read_by_their_unit_alone():
    # Asked within the unit's mounts: outside, systemd shows them to root only.
    for unit, names in ((AGENT, {"client.crt", "client.key", "eu.password", "us.password"}),
                        (AGGREGATOR, {"aggregator.password"})):
        pid = main_pid(unit)
        folder = pathlib.Path(f"/proc/{pid}/root") / str(credentials_folder(pid)).lstrip("/")
        present = {file.name for file in folder.iterdir()}
        equal({f"secrets_{name}" for name in names} - present, set(), unit)
        for file in folder.iterdir():
            equal(stat.S_IMODE(file.stat().st_mode) & 0o037, 0, f"{file} for others")
    equal(stat.S_IMODE(os.stat(SECRETS).st_mode), 0o700)


@check
def sandbox_allows_what_is_needed_and_nothing_else():
    must("systemctl", "start", "echomesh-probe.service")
    lines = pathlib.Path("/run/probe").read_text().splitlines()
    found = {what.strip(): how.strip() for what, how in (line.split("|", 1) for line in lines)}
    for what in ("name", "tcp6", "state"):
        equal(found.pop(what), "allowed", what)
    equal(len(found), 11)
    for what, how in found.items():
        equal(how.split(":")[0], "refused", what)


@check
def a_killed_program_is_started_again():
    for unit in BOTH:
        pid = main_pid(unit)
        os.kill(pid, signal.SIGKILL)
        wait_for_another(unit, pid)
        equal(properties(unit, "NRestarts")["NRestarts"], "1", unit)


@check
def nobody_gives_up_on_one_that_dies_again_and_again():
    for _ in range(8):  # systemd itself would stop at five in ten seconds
        pid = main_pid(AGGREGATOR)
        os.kill(pid, signal.SIGKILL)
        wait_for_another(AGGREGATOR, pid)


@check
def a_hung_program_is_killed_by_the_watchdog_and_started_again():
    pids = {unit: main_pid(unit) for unit in BOTH}
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    for unit, pid in pids.items():
        wait_for_another(unit, pid)
        log = must("journalctl", "--unit", unit, "--no-pager")
        if "Watchdog timeout" not in log:
            raise AssertionError(f"{unit} was started again, but not by the watchdog: {log}")


@check
def a_running_program_is_left_alone_by_the_watchdog():
    pids = {unit: main_pid(unit) for unit in BOTH}
    time.sleep(4)  # over the three seconds of the watchdog here
    equal({unit: main_pid(unit) for unit in BOTH}, pids)


@check
def reload_leaves_the_process_and_its_echoes():
    for unit in BOTH:
        pid = main_pid(unit)
        must("systemctl", "reload", unit)
        os.kill(pid, signal.SIGHUP)
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda u=unit: properties(u, "ActiveState")["ActiveState"] == "active", 10,
                   f"{unit} active again")
        wait_until(lambda p=pid: must("journalctl", "--no-pager", f"_PID={p}").count("SIGHUP") >= 2,
                   10, f"{unit} says that it was told")
        equal(main_pid(unit), pid, unit)
    wait_for_echoes()


@check
def an_aggregator_starts_without_a_folder_of_secrets():
    must("systemctl", "start", "echomesh-aggregator@bare.service")
    must("systemctl", "stop", "echomesh-aggregator@bare.service")


@check
def wrong_settings_are_not_tried_again():
    unit = "echomesh-aggregator@wrong.service"
    status, _ = run("systemctl", "start", unit)
    equal(status != 0, True, "systemctl start fails")
    wait_until(lambda: properties(unit, "ActiveState")["ActiveState"] == "failed", 10, "failed")
    time.sleep(1)  # ten times RestartSec
    equal(properties(unit, "ActiveState", "ExecMainStatus", "NRestarts"),
          {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"})


@check
def stopped_programs_say_goodbye_and_end_well():
    for unit, topic in ((AGENT, "echomesh/v1/agent/oregon/availability"),
                        (AGGREGATOR, "echomesh/v1/aggregator/availability")):
        equal(heard(topic, 10), "online", topic)
        must("systemctl", "stop", unit)
        equal(properties(unit, "ActiveState", "Result", "ExecMainStatus"),
              {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}, unit)
        equal(heard(topic, 10), "offline", topic)


def main():
    with open("/result/checks", "w", encoding="utf-8", buffering=1) as results:
        try:
            must("systemd-tmpfiles", "--create", "echomesh.conf")
            lay_out_brokers()
            lay_out_programs()
            must("systemctl", "daemon-reload")
        except Exception:
            results.write(json.dumps({"check": "prepare", "error": traceback.format_exc()}) + "\n")
            return
        for function in CHECKS:
            start = time.monotonic()
            error = ""
            try:
                function()
            except Exception:
                error = traceback.format_exc()
                run("systemctl", "reset-failed")
                run("systemctl", "restart", *BOTH)  # the next check is to judge for itself
            results.write(json.dumps({"check": function.__name__, "error": error,
                                      "seconds": round(time.monotonic() - start, 1)}) + "\n")
    pathlib.Path("/result/journal").write_text(
        run("journalctl", "--no-pager", "--output=short-monotonic", "--lines=2000")[1])


if __name__ == "__main__":
    main()
