"""A dataset at a glance: what its samples look like, how many there are of what, how it is divided, what was converted."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import remove_dataset, rename_dataset, runs_using
from aeexplorer.data.split import SPLITS
from aeexplorer.modalities.base import modality_of
from aeexplorer.ui import state
from aeexplorer.ui.data.preview import preview
from aeexplorer.ui.state import DataState, TrainState
from aeexplorer.ui.stored import dataset_of, workspace
from aeexplorer.ui.told import told
from aeexplorer.ui.widgets import escape
from aeexplorer.views.class_balance import class_balance
