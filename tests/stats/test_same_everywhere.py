"""The same figures to the last digit, whatever the processor does with the last bit."""

import hashlib
import os
import pathlib
import subprocess
import sys

import msgspec
import pytest
from tests.stats.figures import figures

from pmterm.stats.digits import placed, shown

ROOT = pathlib.Path(__file__).parents[2]
# Of the figures as first computed; another Python or machine has to come to the same.
DIGEST = "ffd560856aca525daae0bc702045f16275bfa0e42eb3c38c1e7658d00878a0eb"
OTHER_PROCESSORS = [
    {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512_SKX AVX2 FMA3", "OPENBLAS_CORETYPE": "Prescott"},
    {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"},
]


@pytest.mark.parametrize("processor", OTHER_PROCESSORS)
def test_another_processor_prints_the_same_digits(processor):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.stats.figures"],
        env=os.environ | processor,
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert ran.stdout == msgspec.json.encode(figures())


def test_the_figures_are_those_of_the_first_day():
    assert hashlib.sha256(msgspec.json.encode(figures())).hexdigest() == DIGEST


@pytest.mark.parametrize("value", [0.1 + 0.2, 1 / 3, 2 / 3 * 1e-7, 123456.789012345])
def test_the_last_bit_is_not_told(value):
    nearby = value * (1 + 1e-15)
    assert nearby != value
    assert shown(nearby) == shown(value)
    assert placed(nearby) == placed(value)


def test_zero_has_no_sign():
    assert str(shown(-0.0)) == str(placed(-1e-12)) == "0.0"
