#!/bin/bash
# Colors the films of a manifest on four nodes of Slurm: sbatch examples/cluster/slurm.sh /films/jobs.csv
# The films, the stills, the outputs and the environment lie on a disk that all nodes see at the same path.
#SBATCH --job-name=kinemacolor
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120

set -eu
manifest=$1
# shellcheck source=/dev/null
source "${KINEMACOLOR_VENV:-$HOME/kinemacolor/.venv}/bin/activate"

port=$((20000 + SLURM_JOB_ID % 20000))
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(srun --nodes=1 --ntasks=1 --nodelist="$head" hostname --ip-address | cut -d " " -f 1)

# One secret for the nodes of this job: nobody else on the network can give them work.
RAY_AUTH_TOKEN=$(python -c "import secrets; print(secrets.token_hex(32))")
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0

srun --nodes=1 --ntasks=1 --nodelist="$head" \
  ray start --head --node-ip-address="$address" --port="$port" --include-dashboard=false --block &
sleep 20
srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --ntasks=$((SLURM_JOB_NUM_NODES - 1)) --exclude="$head" \
  ray start --address="$address:$port" --block &
sleep 20

# Two minutes before its time is over Slurm sends TERM: shots that are complete are kept, and the same job goes on.
kinemacolor batch "$manifest" --ray "$address:$port" --quiet &
work=$!
trap 'kill -TERM "$work"' TERM
wait "$work" || { wait "$work"; exit $?; }
