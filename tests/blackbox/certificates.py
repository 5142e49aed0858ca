"""Certificates for one test, valid from and to any time, from authorities made on the spot."""

import datetime
import pathlib
import subprocess
from dataclasses import dataclass

CONFIGURATION = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
certificate = {folder}/ca.crt
private_key = {folder}/ca.key
[any]
commonName = supplied
"""


@dataclass
class Pair:
    certificate: pathlib.Path
    key: pathlib.Path


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")


def new_key(path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)


def moment(days):
    """So many days from now, as openssl takes it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


class Authority:
    """Issues certificates in a folder of its own."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder) / f"authority-{name}"
        self.folder.mkdir()
        self.certificate = self.folder / "ca.crt"
        (self.folder / "index.txt").touch()
        (self.folder / "ca.conf").write_text(CONFIGURATION.format(folder=self.folder))
        new_key(self.folder / "ca.key")
        openssl("req", "-x509", "-new", "-key", self.folder / "ca.key", "-days", 3650, "-subj",
                f"/CN={name}", "-out", self.certificate, "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, alternatives="IP:127.0.0.1", begins=-1.0, ends=90.0, file=None):
        """`begins`, `ends`: in days from now. A `file` that is there is replaced."""
        stem = self.folder / (file or name)
        pair = Pair(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        new_key(pair.key)
        openssl("req", "-new", "-key", pair.key, "-subj", f"/CN={name}", "-out", request)
        extensions.write_text(
            f"basicConstraints=critical,CA:FALSE\nsubjectAltName={alternatives}\n")
        openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.conf", "-in", request,
                "-extfile", extensions, "-startdate", moment(begins), "-enddate", moment(ends),
                "-out", pair.certificate)
        return pair
