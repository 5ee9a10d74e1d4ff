// Loaded into a measured process: says at its end how much memory it had at its peak.
process.on('exit', () => {
  process.stderr.write(`peak_kib=${process.resourceUsage().maxRSS}\n`);
});
