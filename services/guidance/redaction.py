"""stub"""


class Restorer:
    def feed(self, piece: str) -> str:
        return piece

    def end(self) -> str:
        return ""


class Placeholders:
    def restorer(self) -> Restorer:
        return Restorer()


def redact(texts):
    return list(texts), Placeholders()
