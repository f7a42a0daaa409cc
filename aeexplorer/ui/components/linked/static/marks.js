/* Which samples the marks of a trace stand for: mark i is sample ids[i]; with groups, sample i belongs to mark groups[i]. */
import { Ids } from "./ids.js";

export class Marks {
  constructor({ trace, ids, groups }) {
    this.trace = trace;
    this.ids = ids; // Int32Array (n,)
    this.groups = groups; // null, or integers (n,) or (n, T), row by row: the mark(s) sample i belongs to
    this.tokens = groups ? groups.length / ids.length : 0;
  }

  /* Indices of the selected marks; only for marks that are one sample each. */
  indices(selection) {
    const found = [];
    for (let mark = 0; mark < this.ids.length; mark += 1) if (selection.has(this.ids[mark])) found.push(mark);
    return found;
  }

  /* How many entries of the selected samples fall on each of `count` marks. */
  counts(selection, count) {
    const totals = new Float64Array(count);
    for (let sample = 0; sample < this.ids.length; sample += 1) {
      if (!selection.has(this.ids[sample])) continue;
      const end = (sample + 1) * this.tokens;
      for (let at = sample * this.tokens; at < end; at += 1) if (this.groups[at] >= 0) totals[this.groups[at]] += 1;
    }
    return totals;
  }

  /* Ids of the samples behind some marks. */
  samples(marks) {
    if (!this.groups) return Ids.of(marks.map((mark) => this.ids[mark]));
    const wanted = new Set(marks);
    return Ids.of(this.ids.filter((_, sample) => {
      for (let at = sample * this.tokens; at < (sample + 1) * this.tokens; at += 1) {
        if (wanted.has(this.groups[at])) return true;
      }
      return false;
    }));
  }
}
