"""What holds a training up, and what to change: a sentence each, from what its pipeline was timed at."""

from math import ceil

from kinema.training.pipeline import Pipeline, Timing

LITTLE = 0.1  # of a step that the loop may wait for clips
CAUSES = {  # what else to do about a stage of reading
    "open": "store the videos smaller (a shorter side of 256 pixels); on a shared file system, as shards (kinema data "
            "shard)",
    "decode": "store the videos smaller (a shorter side of 256 pixels), with a key frame every second or so",
    "keep": "keep decoded clips on a quicker disk ($KINEMA_CACHE)",
    "shrink": "store the videos as small as clips are kept: a shorter side of 8/7 of the clip's",
    "flow": "find flow in a quicker way (--flow dis)",
    "transform": "augment less (--randaugment, --brightness, --contrast and --saturation take most)",
    "collate": "train on fewer frames or pixels",
}


def bottleneck(pipeline: Pipeline) -> str:
    """What holds it up."""
    usual = pipeline.usual
    total, network = sum(usual.step_ms.values()), sum(usual.step_ms[name] for name in ("forward", "backward"))
    if usual.waits < LITTLE:
        said = (f"The network is the bottleneck: {network / total:.0%} of a step is its forward and backward pass, and "
                f"the loop waits for clips {usual.waits:.0%} of its time")
        if usual is not pipeline.first and pipeline.first.waits >= LITTLE:
            said += f" ({pipeline.first.waits:.0%} in the first epoch, while the cache fills)"
        return f"{said}."
    name, taken = slowest(usual)
    return (f"Reading is the bottleneck: the loop waits for clips {usual.waits:.0%} of its time, and of the "
            f"{sum(usual.clip_ms.values()):.1f} ms that a clip takes a process, {name} is {taken:.1f}.")


def advice(pipeline: Pipeline) -> str:
    """What to change."""
    usual = pipeline.usual
    if usual.waits < LITTLE:
        return ("To train faster, make the network's work less: a smaller --size, fewer --frames, "
                "--precision bf16-mixed or a GPU; reading need not be quicker.")
    todo = []
    wanted = workers_wanted(pipeline)
    if wanted > pipeline.workers:
        todo.append(f"read in more processes (--workers {wanted})")
    if not pipeline.later:
        todo.append("keep decoded clips (--cache 4, or as many gigabytes as there are)")
    elif pipeline.kept_gigabytes > pipeline.cache_gigabytes:
        todo.append(f"keep all decoded clips (--cache {ceil(pipeline.kept_gigabytes * 1.1)})")
    return f"Change: {'; '.join([*todo, CAUSES[slowest(usual)[0]]])}."


def workers_wanted(pipeline: Pipeline) -> int:
    """How many reading processes would keep up with the rest of a step, of no more than there are processors."""
    usual = pipeline.usual
    reading, rest = sum(usual.clip_ms.values()) * pipeline.batch, sum(usual.step_ms.values()) - usual.step_ms["wait"]
    return min(ceil(reading / rest), pipeline.processors)


def slowest(timing: Timing) -> tuple[str, float]:
    """The stage of reading that takes most, and its milliseconds."""
    name = max(timing.clip_ms, key=lambda each: timing.clip_ms[each])
    return name, timing.clip_ms[name]
