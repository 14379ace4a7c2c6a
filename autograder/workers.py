"""Examiners side by side: processes on this machine, or the workers of a Dask cluster.

A worker that dies costs a second try on another one; a submission whose worker dies twice is given up.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import interrupts
from autograder.errors import ExplainedError
from autograder.examiner import Examiner, Task, View, prepare_images
from autograder.report import Report
from autograder.sandbox import walls

if TYPE_CHECKING:
    from distributed import Client

TRIES = 2
CONNECT_SECONDS = 15
AHEAD = 2  # tasks on the way to each thread of a cluster
_OF_THREAD = threading.local()
_PREPARING = threading.Lock()


@dataclass(frozen=True)
class GivenUp:
    """A submission that cost its worker the life, or raised an error in our own code.

    Attributes
    ----------
    student : str
        Whose.
    reason : str
        One sentence.
    """

    student: str
    reason: str


Outcome = Report | GivenUp


def _work(pipe: Connection, images: Path | None, bare: bool, views: Sequence[View]) -> None:
    """Examine the tasks that come through the pipe, until it closes."""
    interrupts.leave_to_parent()
    os.environ["OMP_NUM_THREADS"] = "1"
    with Examiner(images, bare=bare) as examiner, contextlib.suppress(EOFError, ConnectionError):
        examiner.warm_up(views)
        import torch

        torch.set_num_threads(1)
        while True:
            task: Task = pipe.recv()
            try:
                pipe.send(examiner.examine(task))
            except Exception as error:
                pipe.send(GivenUp(task.submission.student, f"{type(error).__name__}: {error}"))


class _Worker:
    """One process and the task that it has."""

    def __init__(self, images: Path | None, bare: bool, views: Sequence[View]) -> None:
        context = multiprocessing.get_context("forkserver")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, images, bare, views), daemon=False)
        with interrupts.put_off():
            self.process.start()
        theirs.close()
        self.task: Task | None = None

    def give(self, task: Task) -> bool:
        """Hand over a task; False when the worker is already dead."""
        self.task = task
        try:
            self.pipe.send(task)
        except OSError:
            return False
        return True

    def close(self, *, kill: bool = False) -> None:
        self.pipe.close()
        if kill:
            self.process.kill()
        self.process.join(20)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def prepare_in_child(below: Path, secret: bytes) -> None:
    """Prepare the images in another process, for they are larger than all else; it dies with this one."""
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(1, context, initializer=_end_with_parent) as pool:
        with interrupts.put_off():
            prepared = pool.submit(prepare_images, below, secret)
        prepared.result()


def _end_with_parent() -> None:
    interrupts.leave_to_parent()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def examine_here(
    tasks: Iterable[Task],
    images: Path | None,
    workers: int,
    *,
    bare: bool = False,
    views: Sequence[View] = (),
) -> Iterator[Outcome]:
    """Examine tasks in processes of this machine, and give the outcomes as they come.

    Parameters
    ----------
    tasks : iterable of Task
        In the order in which they are begun; each is taken when a worker is free for it.
    images : pathlib.Path or None
        See `autograder.examiner.prepare_images`.
    workers : int
        Number of processes.
    bare : bool
        Without a sandbox.
    views : sequence of View
        Sandboxes that each worker starts at once, before its first task is there.
    """
    again: deque[Task] = deque()
    waiting = iter(tasks)
    deaths: dict[str, int] = {}
    crew = [_Worker(images, bare, views) for _ in range(workers)]
    finished = False
    try:
        for worker in crew:
            _give_next(worker, waiting)
        while any(worker.task for worker in crew):
            ready = wait([worker.pipe for worker in crew if worker.task])
            for index, worker in enumerate(crew):
                task = worker.task
                if task is None or worker.pipe not in ready:
                    continue
                worker.task = None
                try:
                    outcome: Outcome | None = worker.pipe.recv()
                except (EOFError, OSError):
                    worker.close()
                    crew[index] = worker = _Worker(images, bare, views)
                    outcome = _after_death(task, deaths, again)
                _give_next(worker, itertools.chain(waiting, _until_empty(again)))
                if outcome is not None:
                    yield outcome
        finished = True
    finally:
        for worker in crew:
            worker.close(kill=not finished)


def _give_next(worker: _Worker, waiting: Iterator[Task]) -> None:
    task = next(waiting, None)
    if task is not None:
        worker.give(task)


def _until_empty(tasks: deque[Task]) -> Iterator[Task]:
    while tasks:
        yield tasks.popleft()


def _after_death(task: Task, deaths: dict[str, int], again: deque[Task]) -> GivenUp | None:
    """Put a task back whose worker has died, or give it up at the second time."""
    student = task.submission.student
    deaths[student] = deaths.get(student, 0) + 1
    if deaths[student] < TRIES:
        again.append(task)
        return None
    return GivenUp(student, f"its worker died {TRIES} times")


def _examine_on_cluster(task: Task) -> Outcome:
    """Examine one task on a Dask worker, each of whose threads keeps an examiner of its own."""
    from distributed import get_worker

    worker: Any = get_worker()
    try:
        with _PREPARING:
            images = prepare_images(Path(worker.local_directory) / "autograder-images", task.secret)
        examiner: Examiner | None = getattr(_OF_THREAD, "examiner", None)
        if examiner is None or examiner.images != images:  # the courses of a cluster have each their own
            if examiner is not None:
                examiner.close()
            examiner = _OF_THREAD.examiner = Examiner(images)
        return examiner.examine(task)
    except Exception as error:
        return GivenUp(task.submission.student, f"{type(error).__name__}: {error}")


def levels_on_cluster(scheduler: str) -> list[str]:
    """The sandbox levels that the workers of a cluster offer: reports are stored by them.

    Raises
    ------
    ExplainedError
        As in `examine_on_cluster`, or the cluster has no worker.
    """
    with _connected(scheduler) as client:
        levels = sorted(set(client.run(walls.level).values()))
    if not levels:
        raise ExplainedError(
            f"The cluster at {scheduler} has no worker: start some with `dask worker {scheduler}`."
        )
    return levels


def _connected(scheduler: str) -> Client:
    """A client of a cluster; see `examine_on_cluster` for what is raised."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ExplainedError(
            f"`--scheduler` needs {error.name}, which is not installed: "
            '`pip install -e ".[cluster]"`, or leave the option out.'
        ) from error
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ExplainedError(
            f"No Dask scheduler answers at {scheduler!r} ({error}): start one, or give its address as "
            "`--scheduler tcp://HOST:8786`."
        ) from error


def examine_on_cluster(tasks: Iterable[Task], scheduler: str) -> Iterator[Outcome]:
    """Examine tasks on an existing Dask cluster, whose workers need no shared files.

    A report counts only if it was made from the task as it was sent, by the same code on the same kind of images.
    How often a task may cost its worker the life is the scheduler's setting (``allowed-failures``).

    Parameters
    ----------
    tasks : iterable of Task
        Each travels with all that it needs but the images, which every worker loads itself.
    scheduler : str
        Address, as ``"tcp://host:8786"``.

    Raises
    ------
    ExplainedError
        Dask is not installed, or no scheduler answers there within `CONNECT_SECONDS`.
    """
    with _connected(scheduler) as client:
        from distributed import CancelledError, Future, KilledWorker, as_completed

        waiting = iter(tasks)
        sent: dict[str, Task] = {}

        def submit(task: Task) -> Future:
            future = client.submit(_examine_on_cluster, task, pure=False)
            sent[future.key] = task
            return future

        ahead = AHEAD * max(1, sum(client.nthreads().values()))
        running = as_completed([submit(task) for task in itertools.islice(waiting, ahead)])
        for future in running:
            task = sent.pop(future.key)
            try:
                # Of a worker that dies with a result in its memory, the result is computed once more elsewhere.
                yield _checked(task, future.result())
            except (KilledWorker, CancelledError):
                yield GivenUp(task.submission.student, "its worker died or the cluster lost it")
            for task in itertools.islice(waiting, 1):
                running.add(submit(task))


def _checked(task: Task, outcome: Outcome) -> Outcome:
    if isinstance(outcome, Report) and outcome.key != task.key(outcome.level):
        reason = "its worker has another version of the autograder, or other images, than this machine"
        return GivenUp(task.submission.student, reason)
    return outcome
