/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of NASCENT_BACKEND: what is accepted comes apart into choices that are the list again, each well-formed. */
#include "core/device/choice.h"
#include "fuzz.h"

#define WHY 256
#define SHORT_WHY 9

static void check_choice(const nsc_choice *choice)
{
    const char *end = choice->text + choice->text_length;
    REQUIRE(choice->text_length > 0 && memchr(choice->text, ',', choice->text_length) == NULL);
    REQUIRE(choice->name == choice->text && choice->name_length <= choice->text_length);
    REQUIRE(choice->is_path == (choice->name[0] == '/'));
    if (choice->is_path)
        REQUIRE(memcmp(choice->name + choice->name_length - 3, ".so", 3) == 0);
    else
        REQUIRE(nsc_name_well_formed(choice->name, choice->name_length));
    REQUIRE((choice->device == NULL) == (choice->by == NSC_CHOICE_ANY));
    if (choice->device) {
        REQUIRE(choice->device == choice->name + choice->name_length + 1 && choice->device[-1] == ':');
        REQUIRE(choice->device_length > 0 && choice->device + choice->device_length == end);
    } else {
        REQUIRE(choice->name + choice->name_length == end);
    }
    if (choice->by == NSC_CHOICE_INDEX) {
        char digits[32];
        const char *start = choice->device;
        while (start + 1 < end && *start == '0')
            start++;
        REQUIRE(snprintf(digits, sizeof digits, "%lu", (unsigned long)choice->index) == end - start);
        REQUIRE(memcmp(digits, start, (size_t)(end - start)) == 0);
    }
}

static void check_list(const char *list)
{
    nsc_choice choice = {0};
    size_t position = 0;
    const char *at = list;
    for (unsigned count = 1; nsc_choice_next(list, &position, &choice); count++) {
        REQUIRE(choice.position == count && choice.text == at);
        check_choice(&choice);
        at += choice.text_length;
        REQUIRE(*at == ',' || *at == 0);
        at += *at == ',';
    }
    REQUIRE(*at == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[WHY] = "", cut[SHORT_WHY] = "";
    char *list = malloc(size + 1);
    if (!list)
        return 0;
    memcpy(list, data, size);
    list[size] = 0;
    const bool valid = nsc_choices_valid(list, why, sizeof why);
    REQUIRE(nsc_choices_valid(list, cut, sizeof cut) == valid);
    if (!valid) {
        fuzz_refused(why, sizeof why);
        fuzz_refused(cut, sizeof cut);
    } else if (!nsc_choice_is_auto(list)) {
        check_list(list);
    }
    free(list);
    return 0;
}
