# SPDX-License-Identifier: Apache-2.0
# Sourced by ./run and ./test. PoCL asks hwloc for the machine's memory and processors, hwloc asks sysfs; where that is not
# mounted (a chroot, some containers) PoCL calls abort() as soon as OpenCL platforms are listed. hwloc also takes a
# description from a file: this writes one. $scratch is a folder for it.
if [ ! -e /sys/devices/system/cpu ] && [ -z "${HWLOC_XMLFILE:-}" ]; then
    cpus=$(nproc)
    [ "$cpus" -le 31 ] || cpus=31 # one word of hwloc's masks is enough for a test
    all=$(printf '0x%08x' $(((1 << cpus) - 1)))
    memory=$(awk '/^MemAvailable/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
    mkdir -p "$scratch"
    {
        echo '<?xml version="1.0" encoding="UTF-8"?>'
        echo '<!DOCTYPE topology SYSTEM "hwloc2.dtd">'
        echo '<topology version="2.0">'
        echo "<object type=\"Machine\" os_index=\"0\" cpuset=\"$all\" complete_cpuset=\"$all\" allowed_cpuset=\"$all\"" \
            'nodeset="0x1" complete_nodeset="0x1" allowed_nodeset="0x1" gp_index="1">'
        echo "<object type=\"NUMANode\" os_index=\"0\" cpuset=\"$all\" complete_cpuset=\"$all\" nodeset=\"0x1\"" \
            "complete_nodeset=\"0x1\" gp_index=\"2\" local_memory=\"$memory\"/>"
        cpu=0
        while [ "$cpu" -lt "$cpus" ]; do
            mask=$(printf '0x%08x' $((1 << cpu)))
            echo "<object type=\"PU\" os_index=\"$cpu\" cpuset=\"$mask\" complete_cpuset=\"$mask\" nodeset=\"0x1\"" \
                "complete_nodeset=\"0x1\" gp_index=\"$((cpu + 3))\"/>"
            cpu=$((cpu + 1))
        done
        echo '</object>'
        echo '</topology>'
    } >"$scratch/topology.xml"
    HWLOC_XMLFILE=$(cd "$scratch" && pwd)/topology.xml
    HWLOC_THISSYSTEM=1
    export HWLOC_XMLFILE HWLOC_THISSYSTEM
    unset cpus all memory cpu mask
fi
