"""Twenty people at once: each puts films into the page from a browser of their own, over the network's loopback.

    python benchmarks/web/uploads.py [--users 20] [--films 1] [--megabytes 8]

A server that lets other machines in is started in a work folder of its own. Every user gets a room by the printed
address, sends films of their own and looks at what is there. All are served, or refused in words and then served when
they ask again; nobody sees what another has.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from page import Server, rss_mib, write_film

BUSY = "Too many films are coming in at once. Try again in a minute."
PATIENCE_SECONDS = 900.0


@dataclass
class User:
    """One browser: what it was told."""

    number: int
    served: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def visit(user: User, address: str, films: list[Path], pause_seconds: float) -> httpx.Cookies:
    """Sends the films, one after the other; what was refused for want of room is sent again."""
    base = address.partition("/?")[0]
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS, headers={"origin": base}) as client:
        await client.get(address.removeprefix(base), follow_redirects=True)
        began = time.monotonic()
        for film in films:
            name = f"user{user.number}.mp4"
            while True:
                answer = await client.post(f"/api/films?name={name}", content=film.read_bytes())
                if answer.status_code == 200:
                    user.served.append(answer.json()["name"])
                    break
                words = answer.json().get("error", "")
                (user.refused if words == BUSY else user.other).append(words or str(answer.status_code))
                if words != BUSY:
                    break
                await asyncio.sleep(pause_seconds)
        user.seconds = time.monotonic() - began
        return client.cookies


async def seen(address: str, cookies: httpx.Cookies, others: list[str]) -> tuple[list[str], int]:
    """The titles that a user sees, and how many pictures of other users' films they are given."""
    base = address.partition("/?")[0]
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS, cookies=cookies) as client:
        films = (await client.get("/api/films")).json()["films"]
        given = [await client.get(f"/api/films/{name}/frame/0/source") for name in others]
        return [film["title"] for film in films], sum(answer.status_code == 200 for answer in given)


async def run(
    address: str, users: int, films: list[Path], pause_seconds: float = 2.0
) -> tuple[list[User], list[str]]:
    """All users at once; what they saw that is not theirs."""
    people = [User(number) for number in range(users)]
    cookies = await asyncio.gather(*(visit(each, address, films, pause_seconds) for each in people))
    faults = []
    for user, known in zip(people, cookies):
        own = set(user.served)
        others = sorted({name for each in people for name in each.served} - own)[:4]
        titles, given = await seen(address, known, others)
        if set(titles) != {f"user{user.number}.mp4"} or given:
            faults.append(f"user {user.number} sees {titles} and {given} pictures of others")
    return people, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--films", type=int, default=1)
    parser.add_argument("--megabytes", type=int, default=8, help="About the size of a film.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        write_film(film, 2, 24, (240, 320))
        with film.open("ab") as longer:  # what is behind the film is no part of it
            longer.write(b"\0" * (given.megabytes * 2**20))
        server = Server(Path(folder) / "work", ("--host", "0.0.0.0", "--model", "flow"))
        try:
            before = server.cpu_seconds()
            began = time.monotonic()
            people, faults = asyncio.run(run(server.address, given.users, [film] * given.films))
            taken = time.monotonic() - began
            served, refused = sum(len(u.served) for u in people), sum(len(u.refused) for u in people)
            other = [words for user in people for words in user.other]
            slowest = max(user.seconds for user in people)
            print(f"{given.users} users, {served} films served, {refused} told to wait, {len(other)} other answers")
            print(f"{taken:.1f} s, the slowest user {slowest:.1f} s, {server.cpu_seconds() - before:.1f} CPU s")
            sizes = {name: rss_mib(each) for name, each in server.processes().items()}
            print("memory:", ", ".join(f"{name} {size:.0f} MiB" for name, size in sizes.items()))
            print("\n".join([*other, *faults]) or "nobody saw what another has")
        finally:
            server.close()


if __name__ == "__main__":
    main()
