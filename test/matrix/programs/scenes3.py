# -*- coding: utf-8 -*-
"""Scenes that need Python 3: coroutines, delegation, names that are not ASCII."""
import asyncio

from spinning import spin


def delegation():
    def inner():
        yield 1
        spin()

    def outer():
        yield from inner()

    return list(outer())


def coroutine():
    async def inner():
        return spin()

    async def outer():
        return await inner()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(outer())


def coroutine_tasks():
    class Manager:
        async def __aenter__(self):
            await asyncio.sleep(0)

        async def __aexit__(self, *_):
            spin()

    async def numbers():
        for number in range(2):
            await asyncio.sleep(0)
            yield number

    async def work():
        async for number in numbers():
            async with Manager():
                await asyncio.sleep(0)

    async def main():
        await asyncio.gather(work(), asyncio.sleep(0))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())


def comprehension_async():
    async def numbers():
        yield spin()

    async def work():
        return [number async for number in numbers()]

    loop = asyncio.new_event_loop()
    loop.run_until_complete(work())


def executor():
    async def work():
        return spin()

    async def main():
        return await asyncio.wait_for(work(), None)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())


def called_from(name, path):
    """`name` in a file of that path calls `spin`."""
    space = {"spin": spin}
    exec(compile(f"\n\ndef {name}():\n    é = 1; spin(é)\n\n\n{name}()\n", path, "exec"), space)


# CPython keeps a str in one, two or four bytes a character, or ASCII apart from them.
def names_latin():
    called_from("größe", "/Straße/größe.py")


def names_two_bytes():
    called_from("函数", "/目录/模块.py")


def names_four_bytes():
    called_from("𠮷野", "/𠮷/𠮷.py")


def names_long_two_bytes():
    called_from("長い" * 300, "/ascii.py")


def all_scenes():
    scenes = [
        delegation, coroutine, coroutine_tasks, comprehension_async, executor,
        names_latin, names_two_bytes, names_four_bytes, names_long_two_bytes,
    ]
    return [(scene.__name__, scene) for scene in scenes]
