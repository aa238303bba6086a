"""The private keys of the archive, by the version of the public key that stands in the admin console."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr


class NoKey(Exception):
    """No private key for this version was given."""

    def __init__(self, version: int) -> None:
        super().__init__(str(version))
        self.version = version


class Keys:
    """RSA keys (PEM, 2048 bits as the console asks for). Raises ValueError for what is none, without its text."""

    def __init__(self, pems: Mapping[int, SecretStr]) -> None:
        self._keys: dict[int, rsa.RSAPrivateKey] = {}
        for version, pem in pems.items():
            try:
                key = load_pem_private_key(pem.get_secret_value().encode(), None)
            except (ValueError, TypeError):
                key = None
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError(f"the private key of version {version} is no RSA key in PEM without a password")
            self._keys[version] = key

    def open(self, version: int, encrypted: str) -> str | None:
        """What encrypt_random_key holds, for the library; None when it is damaged; raises NoKey.

        A key of another version may give nonsense instead of an error; then the library refuses the message.
        """
        key = self._keys.get(version)
        if key is None:
            raise NoKey(version)
        try:
            return key.decrypt(base64.b64decode(encrypted, validate=True), padding.PKCS1v15()).decode()
        except (ValueError, binascii.Error):
            return None
