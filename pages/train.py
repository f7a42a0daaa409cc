"""Train: choose a dataset and a preset, set what matters, watch it learn."""

from aeexplorer.ui.session.page_states import TrainState
from aeexplorer.ui.session.state import current
from aeexplorer.ui.train.choose import choose_dataset, choose_preset
from aeexplorer.ui.train.live import show_run
from aeexplorer.ui.train.settings import choose_settings, show_estimate
from aeexplorer.ui.train.submit import submit_form

PAGE = {"title": "Train", "icon": ":material/model_training:", "order": 2}

page_state = current(TrainState)
if page_state.run:
    show_run(page_state)
elif dataset := choose_dataset(page_state):
    preset = choose_preset(page_state, dataset)
    config = choose_settings(dataset, preset)
    if config is not None and not show_estimate(config, dataset):
        config = None
    submit_form(page_state, config, dataset, preset)
