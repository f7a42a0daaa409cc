"""Proof that the tests guard the arithmetic: faults are put into a copy of the package, one at a time, and tests must fail.

``python -m tests.mutation`` runs all faults and prints which survive; ``--help`` lists its options.
"""
