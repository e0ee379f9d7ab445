// SPDX-License-Identifier: Apache-2.0
// A C++17 program: the functions behind the C macros, ownership in unique_ptr.
//
//     c++ -std=c++17 cpp.cpp $(pkg-config --cflags --libs nascent) -o cpp
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include <nascent/nascent.h>

namespace
{

struct release_block {
    void operator()(nsc_block *block) const
    {
        nsc_release(block);
    }
};
struct release_tensor {
    void operator()(nsc_tensor *tensor) const
    {
        nsc_tensor_release(tensor);
    }
};
struct close_context {
    void operator()(nsc_context *context) const
    {
        nsc_context_close(context);
    }
};
using block_ptr = std::unique_ptr<nsc_block, release_block>;
using tensor_ptr = std::unique_ptr<nsc_tensor, release_tensor>;
using context_ptr = std::unique_ptr<nsc_context, close_context>;

nsc_block *dense(std::int64_t units, nsc_activation activation = NSC_IDENTITY)
{
    nsc_dense_options options{};
    options.units = units;
    options.activation = activation;
    return nsc_dense_create(&options, sizeof options);
}

int failed(const nsc_context *context)
{
    std::fprintf(stderr, "cpp: %s\n", nsc_last_error(context));
    return 1;
}

} // namespace

int main()
{
    nsc_context *opened = nullptr;
    if (nsc_context_create(&opened, nullptr, sizeof(nsc_context_options)) != NSC_OK)
        return failed(nullptr);
    context_ptr context(opened);

    const std::array<nsc_block *, 3> layers{dense(8, NSC_RELU), dense(3), nullptr};
    block_ptr net(nsc_sequential_create(layers.data()));
    if (nsc_initialize(net.get(), opened, nullptr) != NSC_OK)
        return failed(opened);

    const std::vector<float> input(2 * 5, 0.5f);
    const std::array<std::int64_t, 2> dims{2, 5};
    nsc_tensor *made = nullptr;
    if (nsc_tensor_from(opened, NSC_FLOAT32, 2, dims.data(), input.data(), &made) != NSC_OK)
        return failed(opened);
    tensor_ptr x(made);
    nsc_tensor *result = nullptr;
    if (nsc_forward(net.get(), x.get(), &result) != NSC_OK)
        return failed(opened);
    tensor_ptr y(result);

    std::array<float, 6> output{};
    if (nsc_tensor_read(y.get(), output.data(), sizeof output) != NSC_OK)
        return failed(opened);
    nsc_print_parameters(net.get(), stdout);
    // Two equal rows in, two equal rows out.
    for (std::size_t i = 0; i < 3; i++)
        if (output[i] != output[i + 3])
            return std::fprintf(stderr, "cpp: rows differ\n"), 1;
    std::printf("output %.6f %.6f %.6f\n", double(output[0]), double(output[1]), double(output[2]));
    return 0;
}
