#!/usr/bin/env python3
"""A second verifier, written from knowledge/journal-format.md alone; Python's standard library is all it needs.

verify.py DIR [KEY.pem|-] [CHECKPOINT|-]   prints the answer.  Without arguments: a line of these three for each answer, tab-separated.
"""
import base64, binascii, functools, hashlib, os, re, sys

ZERO, HEAD, FRAME, MAX = bytes(32), 4096, 64, 4 << 20
sha = functools.lru_cache(1 << 16)(lambda data: hashlib.sha256(data).digest())
num = lambda data, at, size=8: int.from_bytes(data[at : at + size], "little")
TABLE = [functools.reduce(lambda c, _: c >> 1 ^ 0x82F63B78 * (c & 1), range(8), i) for i in range(256)]


@functools.lru_cache(1 << 12)
def crc(data):
    return functools.reduce(lambda c, b: TABLE[(c ^ b) & 255] ^ c >> 8, data, 0xFFFFFFFF) ^ 0xFFFFFFFF


class Tampered(Exception):
    pass


def demand(truth, why):
    if not truth:
        raise Tampered(why)


# ECDSA over P-256 (FIPS 186-5): affine coordinates, public values only.
P, N = 2**256 - 2**224 + 2**192 + 2**96 - 1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def add(a, b):
    if not a or not b or (a[0] == b[0] and (a[1] + b[1]) % P == 0):
        return (a or b) if not (a and b) else None
    m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (m * m - a[0] - b[0]) % P
    return x, (m * (a[0] - x) - a[1]) % P


def times(k, point):
    total = None
    for bit in bin(k)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def point_of(spki):
    x, y = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big")
    return (x, y) if len(spki) == 91 and spki.startswith(SPKI) and (y * y - x * x * x + 3 * x - B) % P == 0 else None


@functools.lru_cache(1 << 12)
def signed(spki, data, der):
    m = re.fullmatch(rb"\x30.\x02(.)(.*)", der, re.S)
    r, rest = (m[2][: m[1][0]], m[2][m[1][0] :]) if m else (b"", b"")
    r, s = int.from_bytes(r, "big"), int.from_bytes(rest[2:], "big")
    if not (0 < r < N and 0 < s < N and rest[0] == 2):
        return False
    w, e = pow(s, -1, N), int.from_bytes(sha(data), "big")
    at = add(times(e * w % N, G), times(r * w % N, point_of(spki)))
    return bool(at) and at[0] % N == r


n = "(0|[1-9][0-9]{0,18})"
NOTE = re.compile(
    f"(osl-audit/([0-9a-f]{{32}})\n{n}\n([A-Za-z0-9+/]{{43}}=)\ntime {n}\nplace {n} {n}\nchain ([0-9a-f]{{64}})\n"
    "key ([0-9a-f]{64})\n(?:next ([A-Za-z0-9+/=]+)\n)?)\n— osl-audit/([0-9a-f]{32}) ([A-Za-z0-9+/]+=*)\n"
)


class Note:
    def __init__(self, raw):
        m = NOTE.fullmatch(raw.decode("utf-8", "replace")) if len(raw) <= 1024 else None
        demand(m and m[2] == m[11], "no checkpoint")
        self.raw, self.text, self.log, self.key = raw, m[1].encode(), m[2], m[9]
        self.size, self.time, self.place, self.chain = int(m[3]), int(m[5]), (int(m[6]), int(m[7])), bytes.fromhex(m[8])
        self.root, self.next, self.sig = (base64.b64decode(t) if t else None for t in (m[4], m[10], m[12]))
        demand(not self.next or point_of(self.next), "the next key is none")
        demand(all(base64.b64encode(b).decode() == t for b, t in ((self.root, m[4]), (self.sig, m[12]))), "another spelling")

    def by(self, spki):
        return sha(spki).hex() == self.key and self.sig[:4] == sha(spki)[:4] and signed(spki, self.text, self.sig[4:])


class Log:
    """Everything up to one place."""

    def __init__(self):
        self.id, self.at, self.nodes, self.size, self.chain = None, (-1, 0), [], 0, ZERO

    def root(self):
        return functools.reduce(lambda right, left: sha(b"\1" + left + right), self.nodes[-2::-1], self.nodes[-1]) if self.nodes else sha(b"")

    def leaf(self, data):
        self.nodes.append(sha(b"\0" + data))
        size = self.size
        while size & 1:
            right, left = self.nodes.pop(), self.nodes.pop()
            self.nodes.append(sha(b"\1" + left + right))
            size >>= 1
        self.size += 1

    def contradicts(self, note):
        return (note.log, note.place, note.size, note.root, note.chain) != (self.id.hex(), self.at, self.size, self.root(), self.chain)


def frame_at(data, at):
    """The frame there, or None."""
    length = num(data, at, 4) if at + FRAME <= len(data) else 0
    frame = data[at : at + length]
    if not (FRAME <= length <= MAX and length % 8 == 0 and len(frame) == length and crc(frame[:4] + frame[8:]) == num(frame, 4, 4)):
        return None
    place, count = FRAME, num(frame, 12, 4)
    if frame[8] not in (1, 2, 3) or any(frame[9:12]) or not 0 < count < 2**31 or num(frame, 16) >= 2**63:
        return None
    items = []
    for _ in range(count):
        size = num(frame, place, 4)
        if place + 4 > length or size > 1 << 20 or place + 4 + size > length:
            return None
        items.append(frame[place + 4 : place + 4 + size])
        place += 4 + size
    return (frame, items) if length - place < 8 and not any(frame[place:]) else None


def header(data, number):
    head = data[:HEAD]
    ok = len(head) == HEAD and head.startswith(b"OSLJRNL1") and crc(head[:-4]) == num(head, 4092, 4) and num(head, 24) == number
    ones = num(head, 52, 4)
    ok = ok and num(head, 32) < 2**63 and ones == bin(num(head, 32)).count("1") and num(head, 48, 4) <= 5
    ok = ok and num(head, 56) < 2**63 and num(head, 64) < 2**63
    return head if ok else None


def verify(directory, key=None, kept=None):
    names = {m[1]: m[0] for m in (re.fullmatch(r"(0|[1-9][0-9]{0,18})\.osl", f) for f in os.listdir(directory)) if m}
    files = [open(os.path.join(directory, names[name]), "rb").read() for name in sorted(names, key=int)]
    pinned = sha(key).hex() if key else kept and kept.key
    log, due, seen, torn, wrong, trusted, any_note = Log(), None, False, False, False, None, False
    try:
        demand(sorted(map(int, names)) == list(range(len(files))), "a segment is missing")
        for number, data in enumerate(files):
            head = header(data, number)
            demand(head, "damaged header")
            log.id = log.id or head[8:24]
            frontier = [head[104 + 32 * i : 136 + 32 * i] for i in range(num(head, 52, 4))]
            demand((head[8:24], num(head, 32), frontier) == (log.id, log.size, log.nodes), "of another log")
            demand((num(head, 48, 4) == 0) == (number == 0) and num(head, 48, 4) != 5, "reason")
            log.chain, at = sha(log.chain + head), HEAD
            following = header(files[number + 1], number + 1) if number + 1 < len(files) else None
            demand(following or number + 1 == len(files), "damaged header")
            end = num(following, 56) if following else 1 << 63
            while at < end and (found := frame_at(data, at)):
                frame, items = found
                log.at = (number, at)
                demand(num(frame, 16) == log.size, "index")
                if frame[8] == 1:
                    for item in items:
                        log.leaf(item)
                demand(frame[32:64] == log.root(), "root")
                good = None
                if frame[8] != 1:
                    any_note = True
                    demand(len(items) == 1, "no checkpoint")
                    note = Note(items[0])
                    demand((frame[8] == 3) == bool(note.next) and num(frame, 24) == note.time and not log.contradicts(note), "a wrong checkpoint")
                    if (due or note.next) and note.by(due or note.next):
                        good, due = note, note.next or due
                        if trusted is not None or pinned == note.key:
                            trusted = note.size
                    else:
                        wrong = True
                if kept and kept.place == log.at:
                    seen = True
                    if frame[8] == 1:  # The place is before its records.
                        raise Tampered("the kept checkpoint is gone")
                    demand(not log.contradicts(kept) and good and good.raw == kept.raw, "not what the kept checkpoint says")
                log.chain = sha(log.chain + (frame[:FRAME] if frame[8] == 1 else frame))
                at += len(frame)
            log.at = (number, at)
            residue = data[at:].rstrip(b"\0")
            holds = lambda limit: any(frame_at(data, p) for p in range(at + 8, limit - FRAME + 1, 8))
            if following:
                demand(at == end, "frames are missing")
                reason = num(following, 48, 4)
                demand(reason == 4 or (len(residue), sha(residue) if residue else ZERO) == (num(following, 64), following[72:104]), "residue")
                demand(reason in (3, 4, 5) or not residue, "unexplained bytes")
                demand(reason == 4 or not residue or not (frame_at(data, at) or holds(at + len(residue))), "lost frames")
            elif residue:
                demand(not holds(len(data)), "the log goes on after bad bytes")
                torn = True
        if kept and not seen and not wrong:
            demand(not log.id or kept.log == log.id.hex(), "another log")
            demand(log.at <= kept.place, "the log passes the kept checkpoint without it")
            return "RolledBack"
    except (Tampered, binascii.Error):
        return "Tampered"
    if wrong or (pinned and any_note and trusted is None):
        return "WrongKey"
    if not files or torn or not pinned:
        return "Empty" if not files else "TornTail" if torn else "SelfConsistentOnly"
    return "UnsignedTail" if (trusted or 0) < log.size else "Clean"


def answer(directory, key="-", kept="-"):
    pem = open(key).read() if key != "-" else None
    spki = base64.b64decode("".join(pem.split("-----")[2].split())) if pem else None
    return verify(directory, spki, Note(open(kept, "rb").read()) if kept != "-" else None)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(answer(*sys.argv[1:]))
    else:
        for line in sys.stdin:
            print(answer(*line.rstrip("\n").split("\t")), flush=True)
