#!/bin/sh
# The main job on made-up clips whose order in time is all that tells: a network that sees time against one that does not.
# `make demo` runs it in the folder .demo; a second run goes on with what is there.
set -eu
out=$1
mkdir -p "$out"
echo "== 1. data: real video files, classes in reversible pairs"
kinema data make motion "$out/motion"
echo "== 2. training: tsn sees each frame alone, tam sees neighbouring frames"
for module in tsn tam; do
    kinema train "$out/motion" --recipe recipes/motion.yaml --model "$module-resnet_tiny" --channels-last --out "$out/runs/$module"
done
echo "== 3. evaluation on clips of other sources, side by side"
kinema evaluate "$out/runs/tam" "$out/runs/tsn" --report "$out/report.html"
echo "== 4. recognition of a video it never saw"
kinema data make motion "$out/unseen" --clips 10 --seed 2026 --test-fraction 1
kinema recognize "$out/runs/tam" "$(ls "$out"/unseen/*/*.mp4 | head -n 1)"
echo
echo "The report: $out/report.html"
