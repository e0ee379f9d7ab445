/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the source by index, as bits: one work-item an element. The first of the range goes over (count, inner), the
 * second over outer. Clamping is in 64 bits, where unsigned indices are what they are. */
typedef struct {
    NSC_INDEX outer, length, inner, last, place, from[3], to[3];
} NSC_GEOMETRY;

__kernel void NSC_KERNEL(__global const NSC_BITS *source, const long source_offset, __global const NSC_PLACE *indices,
                         const long indices_offset, __global NSC_BITS *output, const long output_offset,
                         const NSC_GEOMETRY g)
{
    const NSC_INDEX x = (NSC_INDEX)get_global_id(0), o = (NSC_INDEX)get_global_id(1);
    if (x >= g.length || o >= g.outer)
        return;
    const NSC_INDEX c = x / g.inner, i = x - c * g.inner;
    const NSC_INDEX at = (NSC_INDEX)clamp((long)indices[indices_offset + c * g.place], (long)0, (long)g.last);
    output[output_offset + (o * g.to[0] + c * g.to[1] + i * g.to[2])] =
        source[source_offset + (o * g.from[0] + at * g.from[1] + i * g.from[2])];
}
