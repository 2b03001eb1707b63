#!/usr/bin/env python3
"""A second verifier, written from knowledge/journal-format.md alone; Python's standard library is all it needs.

verify.py DIR [KEY.pem|-] [CHECKPOINT|-]   prints the answer.  Without arguments: a line of these three for each answer, tab-separated.
"""
import base64, functools, hashlib, os, re, sys

HEAD, FRAME, SEGMENT = 4096, 64, 1 << 30
cached = functools.lru_cache(1 << 14)
sha = cached(lambda data: hashlib.sha256(data).digest())
num = lambda data, at, size=8: int.from_bytes(data[at : at + size], "little")
TABLE = [functools.reduce(lambda c, _: c >> 1 ^ 0x82F63B78 * (c & 1), range(8), i) for i in range(256)]
crc = cached(lambda data: functools.reduce(lambda c, b: TABLE[(c ^ b) & 255] ^ c >> 8, data, 0xFFFFFFFF) ^ 0xFFFFFFFF)
root_of = lambda nodes: functools.reduce(lambda right, left: sha(b"\1" + left + right), reversed(nodes)) if nodes else sha(b"")

# ECDSA over P-256 (FIPS 186-5): affine coordinates, None is the point at infinity; public values only.
P, N = 2**256 - 2**224 + 2**192 + 2**96 - 1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
times = lambda k, point: add(times(k >> 1, add(point, point)), point if k & 1 else None) if k else None


def add(a, b):
    if not (a and b) or (a[0] == b[0] and (a[1] + b[1]) % P == 0):
        return None if a and b else a or b
    m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (m * m - a[0] - b[0]) % P
    return x, (m * (a[0] - x) - a[1]) % P


def point_of(spki):
    x, y = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big")
    return (x, y) if len(spki) == 91 and spki.startswith(SPKI) and (y * y - x * x * x + 3 * x - B) % P == 0 else None


@cached
def signed(spki, data, der):
    m = re.fullmatch(rb"\x30.\x02(.)(.*)", der, re.S)
    r, rest = (m[2][: m[1][0]], m[2][m[1][0] :]) if m else (b"", b"")
    r, s = int.from_bytes(r, "big"), int.from_bytes(rest[2:], "big")
    if not (0 < r < N and 0 < s < N and rest[0] == 2):
        return False
    w, e = pow(s, -1, N), int.from_bytes(sha(data), "big")
    at = add(times(e * w % N, G), times(r * w % N, point_of(spki)))
    return bool(at) and at[0] % N == r


def demand(truth, why):
    if not truth:
        raise ValueError(why)


n = "(0|[1-9][0-9]{0,18})"
NOTE = re.compile(
    f"(osl-audit/([0-9a-f]{{32}})\n{n}\n([A-Za-z0-9+/]{{43}}=)\ntime {n}\nplace {n} {n}\nchain ([0-9a-f]{{64}})\n"
    "key ([0-9a-f]{64})\n(?:next ([A-Za-z0-9+/=]+)\n)?)\n— osl-audit/([0-9a-f]{32}) ([A-Za-z0-9+/]+=*)\n"
)


class Note:
    def __init__(self, raw):
        m = NOTE.fullmatch(raw.decode("utf-8", "replace")) if len(raw) <= 1024 else None
        demand(m and m[2] == m[11], "no checkpoint")
        root, self.next, self.sig = (base64.b64decode(t) if t else None for t in (m[4], m[10], m[12]))
        demand(not self.next or point_of(self.next), "the next key is none")
        demand(all(base64.b64encode(b).decode() == t for b, t in ((root, m[4]), (self.sig, m[12]))), "another spelling")
        self.raw, self.text, self.key, self.time, self.place = raw, m[1].encode(), m[9], int(m[5]), (int(m[6]), int(m[7]))
        self.says = bytes.fromhex(m[2]), self.place, int(m[3]), root, bytes.fromhex(m[8])

    def by(self, spki):
        return spki and sha(spki).hex() == self.key and self.sig[:4] == sha(spki)[:4] and signed(spki, self.text, self.sig[4:])


def header(data, number):
    head = data[:HEAD]
    first, reason, ones, end, residue = num(head, 32), num(head, 48, 4), num(head, 52, 4), num(head, 56), num(head, 64)
    whole = len(head) == HEAD and head.startswith(b"OSLJRNL1") and crc(head[:-4]) == num(head, 4092, 4)
    return head if whole and num(head, 24) == number and ones == bin(first).count("1") and reason < 6 and not (first | end | residue) >> 63 else None


def frame_at(data, at):
    """The frame there and its items, or None."""
    length = num(data, at, 4)
    if length % 8 or not FRAME <= length <= min(4 << 20, len(data) - at):
        return None
    frame, items, place = data[at : at + length], [], FRAME
    count, good = num(frame, 12, 4), crc(frame[:4] + frame[8:]) == num(frame, 4, 4)
    if not good or num(frame, 8, 4) not in (1, 2, 3) or not 0 < count < 1 << 31 or num(frame, 16) >> 63:
        return None
    for _ in range(count):
        size = num(frame, place, 4)
        if size > min(1 << 20, length - place - 4):
            return None
        items.append(frame[place + 4 : place + 4 + size])
        place += 4 + size
    return None if length - place > 7 or any(frame[place:]) else (frame, items)


def verify(directory, key=None, kept=None):
    found = {int(f[:-4]): os.path.join(directory, f) for f in os.listdir(directory) if re.fullmatch(r"(0|[1-9][0-9]{0,18})\.osl", f)}
    pinned = sha(key).hex() if key else kept and kept.key
    log, place, nodes, size, chain, due, trusted = None, (-1, 0), [], 0, bytes(32), None, None
    notes = seen = torn = wrong = False
    try:
        demand(sorted(found) == list(range(len(found))), "a segment is missing")
        demand(all(os.path.getsize(file) <= SEGMENT for file in found.values()), "larger than a segment can be")
        files = [open(found[number], "rb").read() for number in sorted(found)]
        heads = [header(data, number) for number, data in enumerate(files)] + [None]
        demand(all(heads[:-1]), "damaged header")
        for number, (data, head, following) in enumerate(zip(files, heads, heads[1:])):
            log, reason = log or head[8:24], num(head, 48, 4)
            frontier = [head[104 + 32 * i : 136 + 32 * i] for i in range(num(head, 52, 4))]
            demand((head[8:24], num(head, 32), frontier) == (log, size, nodes), "of another log")
            demand((reason == 0) == (number == 0) and reason != 5, "reason")
            chain, at, end = sha(chain + head), HEAD, num(following, 56) if following else SEGMENT
            while at < end and (there := frame_at(data, at)):
                (frame, items), place = there, (number, at)
                demand(num(frame, 16) == size, "index")
                for item in items if frame[8] == 1 else []:
                    nodes, size, carry = nodes + [sha(b"\0" + item)], size + 1, size
                    while carry & 1:
                        nodes, carry = nodes[:-2] + [sha(b"\1" + nodes[-2] + nodes[-1])], carry >> 1
                demand(frame[32:64] == root_of(nodes), "root")
                demand(frame[8] != 1 or not kept or kept.place != place, "the kept checkpoint is gone")
                if frame[8] != 1:
                    demand(len(items) == 1, "no checkpoint")
                    note, notes = Note(items[0]), True
                    demand(note.says == (log, place, size, root_of(nodes), chain), "contradicts its place")
                    demand((frame[8] == 3) == bool(note.next) and num(frame, 24) == note.time, "a wrong checkpoint")
                    if good := note.by(due or note.next):
                        due, trusted = note.next or due, size if trusted is not None or pinned == note.key else None
                    wrong, seen = wrong or not good, seen or bool(kept and kept.place == place)
                    demand(not kept or kept.place != place or good and kept.raw == note.raw, "not what the kept checkpoint says")
                chain, at = sha(chain + (frame[:FRAME] if frame[8] == 1 else frame)), at + len(frame)
            place, residue = (number, at), data[at:].rstrip(b"\0")
            limit = at + len(residue) if following else len(data)
            lost = residue and any(frame_at(data, p) for p in range(at if following else at + 8, limit - FRAME + 1, 8))
            if following and num(following, 48, 4) != 4:
                said = num(following, 64), following[72:104]
                demand((len(residue), sha(residue) if residue else bytes(32)) == said and not lost, "residue")
                demand(num(following, 48, 4) in (3, 5) or not residue, "unexplained bytes")
            demand(not following or at == end, "frames are missing")
            demand(following or not lost, "the log goes on after bad bytes")
            torn = torn or bool(residue and not following)
        if kept and not seen and not wrong:
            demand(not log or kept.says[0] == log, "another log")
            demand(place <= kept.place, "the log passes the kept checkpoint without it")
            return "RolledBack"
    except ValueError:
        return "Tampered"
    if wrong or (pinned and notes and trusted is None):
        return "WrongKey"
    if not found or torn or not pinned:
        return "Empty" if not found else "TornTail" if torn else "SelfConsistentOnly"
    return "UnsignedTail" if (trusted or 0) < size else "Clean"


def answer(directory, key="-", kept="-"):
    spki = base64.b64decode("".join(open(key).read().split("-----")[2].split())) if key != "-" else None
    return verify(directory, spki, Note(open(kept, "rb").read()) if kept != "-" else None)


for line in ["\t".join(sys.argv[1:])] if len(sys.argv) > 1 else sys.stdin:
    print(answer(*line.rstrip("\n").split("\t")), flush=True)
