#!/usr/bin/env bash
# Compares `simulate` with other simulators on the works W1 to W4, and prints a table for the README.
#
#   benches/peers.sh                        limit, hand, desque and SimPy, five pairs each: ten minutes, most of them SimPy's
#   benches/peers.sh limit desque           only these
#   PAIRS=2 SCALE=20 benches/peers.sh       a quick look: a twentieth of the customers
#   PEERS=~/peers benches/peers.sh          where the programs to compare with are; they are built in target/peers
#
# They run in pairs: ours, theirs, ours, theirs. What disturbs the machine for a while disturbs both of a pair, so the
# ratio of a pair is worth more than its seconds; the table has the median of the ratios, the least and the greatest.
# Seconds are CPU seconds of the whole process, user and system, reading the model and writing the report included.
#
# limit is hand-written: an interpreter of a flat plan that collects what our reports need (`interp + integrals + rows`).
# hand is one program for W4 and nothing else. In W1 limit keeps a row of its series for each customer or so, as its
# unit of time is a second where ours is a millisecond; that costs it much, and flatters our figure there.
set -euo pipefail
cd "$(dirname "$0")/.."

PEERS=${PEERS:-../shared/peers}
PAIRS=${PAIRS:-5}
SCALE=${SCALE:-1}
PYTHON=${PYTHON:-python3}
BUILD=$PWD/target/peers
VENV=$BUILD/venv
ORDER=(limit hand desque simpy)
# awk and sort write and read numbers with a point.
export LC_ALL=C

declare -A RATE=([w1]=800 [w2]=14400 [w3]=3200 [w4]=1000)
declare -A CUSTOMERS=([w1]=$((1000000 / SCALE)) [w2]=$((1000000 / SCALE)) [w3]=$((200000 / SCALE)) [w4]=$((600000 / SCALE)))
declare -A READY=() RATIO=()

say() { echo "peers: $*" >&2; }

# Builds what is wanted; what cannot be built is left out.
build() {
    local wanted=" ${*:-${ORDER[*]}} "
    [ -d "$PEERS" ] || { say "there is no folder $PEERS: set PEERS"; exit 2; }
    cargo build --quiet --locked --release
    if [[ $wanted == *" limit "* || $wanted == *" hand "* ]]; then
        if cargo build --quiet --locked --release --manifest-path "$PEERS/limit/Cargo.toml" --target-dir "$BUILD"; then
            if [[ $wanted == *" limit "* ]]; then READY[limit]=1; fi
            if [[ $wanted == *" hand "* ]]; then READY[hand]=1; fi
        else
            say "limit does not build: left out"
        fi
    fi
    if [[ $wanted == *" desque "* ]]; then
        if cargo build --quiet --locked --release --manifest-path "$PEERS/rustpeers/Cargo.toml" --target-dir "$BUILD" \
            --bin desque_peer --bin desque_shop; then
            READY[desque]=1
        else
            say "desque does not build: left out"
        fi
    fi
    if [[ $wanted == *" simpy "* ]]; then
        if [ -x "$VENV/bin/python" ] || { "$PYTHON" -m venv "$VENV" && "$VENV/bin/pip" -q install simpy==4.1.2; }; then
            READY[simpy]=1
        else
            rm -rf "$VENV"
            say "there is no Python ($PYTHON), or SimPy cannot be installed: left out"
        fi
    fi
    [ ${#READY[@]} -gt 0 ] || { say "nothing to compare with: there are ${ORDER[*]}"; exit 2; }
}

# ours WORK: its command, in COMMAND.
ours() {
    local duration
    duration=$(awk -v n="${CUSTOMERS[$1]}" -v rate="${RATE[$1]}" 'BEGIN { printf "%.6fs", n / rate }')
    COMMAND=(target/release/simulate run "benches/models/$1.yaml" --duration "$duration" --warmup 0s
        --replications 1 --threads 1 --no-progress)
}

# theirs PEER WORK: its command, in COMMAND; fails where the peer has no such work.
theirs() {
    local n=${CUSTOMERS[$2]}
    case $1-$2 in
        limit-*) COMMAND=("$BUILD/release/limit" "ir-$2" "$n") ;;
        hand-w4) COMMAND=("$BUILD/release/limit" w4-fifo "$n") ;;
        desque-w4) COMMAND=("$BUILD/release/desque_shop" W4 "$n") ;;
        desque-*) COMMAND=("$BUILD/release/desque_peer" "${2^^}" "$n") ;;
        simpy-*) COMMAND=(env PYTHONDONTWRITEBYTECODE=1 "$VENV/bin/python" "$PEERS/py/p_simpy.py" "${2^^}" "$n") ;;
        *) return 1 ;;
    esac
}

# seconds FILE COMMAND...: the CPU seconds of a process; what it prints goes to the file.
seconds() {
    local file=$1 times
    shift
    local TIMEFORMAT='%3U %3S'
    if ! times=$({ time "$@" >"$file" 2>"$file.err"; } 2>&1); then
        say "failed: $*"
        cat "$file.err" >&2
        exit 1
    fi
    # A process that takes no time at all took less than a millisecond.
    awk '{ s = $1 + $2; print (s > 0 ? s : 0.001) }' <<<"$times"
}

# The median, the least and the greatest of the numbers on standard input.
spread() {
    sort -g | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print (NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2), v[1], v[NR] }'
}

# pairs PEER WORK CUSTOMERS: runs the pairs; adds our throughput to $BUILD/ours, and leaves what to print in RATIO.
pairs() {
    local mine their n
    : >"$BUILD/ratios"
    for _ in $(seq "$PAIRS"); do
        ours "$2"
        mine=$(seconds "$BUILD/out" "${COMMAND[@]}")
        theirs "$1" "$2"
        their=$(seconds "$BUILD/out" "${COMMAND[@]}")
        n=$(sed -n 's/.*"n": *\([0-9]*\).*/\1/p' "$BUILD/out")
        awk -v n="$3" -v s="$mine" 'BEGIN { print n / s }' >>"$BUILD/ours"
        awk -v n="$3" -v s="$mine" -v m="$n" -v t="$their" 'BEGIN { print (n / s) / (m / t) }' >>"$BUILD/ratios"
        say "$2 ${CUSTOMERS[$2]}: ours $mine s for $3, $1 $their s for $n"
    done
    RATIO[$1-$2]=$(spread <"$BUILD/ratios" | awk '{ f = $1 < 10 ? "%.2f" : "%.0f"; printf f " (" f "–" f ")", $1, $2, $3 }')
}

# The customers that ours serves, as it counts them: arrivals are random, and so is their number.
customers() {
    ours "$1"
    "${COMMAND[@]}" --format json | sed -n 's/^ *"requests": \([0-9]*\),*/\1/p' | head -n 1
}

# peak COMMAND...: the most memory a process had resident, in MiB. Linux only: the last that it says of itself.
peak() {
    local pid kib=0 key value
    "$@" >/dev/null 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        while read -r key value _; do
            if [ "$key" = VmHWM: ]; then kib=$value; fi
        done 2>/dev/null <"/proc/$pid/status" || break
    done
    wait "$pid"
    awk -v kib="$kib" 'BEGIN { printf "%.1f", kib / 1024 }'
}

table() {
    local work peer n row
    local head="| work | customers | millions per CPU second |" rule="|---|---|---|"
    local -a peers=()
    for peer in "${ORDER[@]}"; do
        if [ -n "${READY[$peer]:-}" ]; then
            peers+=("$peer")
            head+=" to $peer |"
            rule+="---|"
        fi
    done
    local -a rows=()
    for work in w1 w2 w3 w4; do
        n=$(customers "$work")
        : >"$BUILD/ours"
        for peer in "${peers[@]}"; do
            if theirs "$peer" "$work"; then pairs "$peer" "$work" "$n"; fi
        done
        row=$(spread <"$BUILD/ours" | awk -v w="${work^^}" -v n="$n" '{ printf "| %s | %d | %.2f |", w, n, $1 / 1e6 }')
        for peer in "${peers[@]}"; do row+=" ${RATIO[$peer-$work]:-–} |"; done
        rows+=("$row")
    done
    printf '%s\n' "$head" "$rule" "${rows[@]}"
}

build "$@"
table
ours w4
echo
echo "Above one we are faster. Medians of $PAIRS pairs, least and greatest in brackets; W4 takes $(peak "${COMMAND[@]}") MiB at most."
