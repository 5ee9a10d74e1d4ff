// The look of the report, as text: the page names its hash and allows no other.

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #14171c); --card: light-dark(#f6f7f9, #1c2128); --ink: light-dark(#1a1d21, #e8eaed);
  --quiet: light-dark(#565d66, #a3abb5); --edge: light-dark(#d9dde2, #343b45);
  --main: light-dark(#1257a8, #79b2f2); --loss: light-dark(#b3261e, #f2938c); --gain: light-dark(#17693a, #7fd1a0);
  --buy: light-dark(#17693a, #7fd1a0); --sell: light-dark(#b3261e, #f2938c);
  font: 16px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
p { margin: .25rem 0; max-width: 46rem; }
.quiet, figcaption { color: var(--quiet); }
code { overflow-wrap: anywhere; }
dl.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); margin: 1rem 0 0; }
dl.tiles > div { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; padding: .6rem .75rem; }
dl.tiles dt { color: var(--quiet); font-size: .85rem; }
dl.tiles dd { font-size: 1.15rem; font-variant-numeric: tabular-nums; margin: 0; }
.gain { color: var(--gain); } .losing { color: var(--loss); }
.columns { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0 0 1.5rem; }
figcaption { font-size: .9rem; margin-bottom: .35rem; }
.chart { display: grid; grid-template-columns: 5.5rem 1fr; }
.scale { color: var(--quiet); display: flex; flex-direction: column; font-size: .75rem; justify-content: space-between;
  font-variant-numeric: tabular-nums; overflow: hidden; padding-right: .4rem; text-align: right; }
.below { color: var(--quiet); display: flex; font-size: .75rem; grid-column: 2; justify-content: space-between; }
svg { background: var(--card); border: 1px solid var(--edge); border-radius: .35rem; display: block; height: 12rem; width: 100%; }
svg path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
svg .line.main { stroke: var(--main); } svg .line.loss { stroke: var(--loss); }
svg .band { fill: var(--main); opacity: .2; } svg .area { opacity: .25; }
svg .area.main { fill: var(--main); } svg .area.loss { fill: var(--loss); }
svg .bar.main { fill: var(--main); } svg .bar.loss { fill: var(--loss); }
svg .rule { stroke: var(--quiet); stroke-dasharray: 4 4; }
svg .buy { stroke: var(--buy); stroke-linecap: round; stroke-width: 8; }
svg .sell { stroke: var(--sell); stroke-linecap: square; stroke-width: 6; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--edge); padding: .3rem .5rem; text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { color: var(--quiet); font-size: .85rem; }
tbody th { font-weight: normal; }
table.many td { font-size: .85rem; white-space: nowrap; }
table td { overflow-wrap: anywhere; }
@media print { body { max-width: none; } figure, table { break-inside: avoid; } }
`;
