from rich.progress import Progress

from postprocess.progress import RateColumn


def test_the_rate_is_that_of_late_and_in_the_end_that_of_all() -> None:
    clock = [0.0]
    column = RateColumn()
    progress = Progress(get_time=lambda: clock[0])
    task = progress.add_task("verify", total=5000)
    said = [column.render(progress.tasks[0]).plain]
    for _ in range(2):
        clock[0] += 1
        progress.advance(task, 2500)
        said.append(column.render(progress.tasks[0]).plain)
    assert said == ["", "", "2,500/s"]
