"""Reading the table of the epochs."""

from spacy_moee.experiments.run.console import best_epoch, read_epochs

LOG = """
E    #       LOSS MOEE_NER  ENTS_F  ENTS_P  ENTS_R  SCORE
---  ------  -------------  ------  ------  ------  ------
  0       0          85.56    0.00    0.00    0.00    0.00
  1     439        3785.18   89.57   84.28   86.38    0.90
  2     878        1408.17   89.57   89.22   89.91    0.90
  3    1317        1053.52   88.00   91.52   92.14    0.88
"""


def test_best_epoch_is_the_one_that_spacy_keeps():
    epochs = read_epochs(LOG)
    assert [epoch["E"] for epoch in epochs] == [0, 1, 2, 3]
    assert epochs[1]["LOSS MOEE_NER"] == 3785.18
    assert best_epoch(epochs) == 2
    assert best_epoch(read_epochs("")) == -1


def test_training_that_has_failed_is_seen():
    row = "  4    1756            nan    0.00    0.00    0.00    0.00"
    *_, last = read_epochs(LOG + row)
    assert last["E"] == 4 and last["LOSS MOEE_NER"] != last["LOSS MOEE_NER"]
