# Run by `cmake --install`: writes the units and man pages for the prefix that is installed to.

function(put file folder)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/${folder}" TYPE FILE FILES "${CHUNKRD_BINARY}/${file}")
endfunction()

# The units name the programs in /usr/bin.
foreach(unit chunkrd.service chunkrd@.service chunkr-local.service)
  file(READ "${CHUNKRD_SOURCE}/systemd/${unit}" text)
  string(REPLACE "/usr/bin/" "${CHUNKRD_BINDIR}/" text "${text}")
  file(WRITE "${CHUNKRD_BINARY}/${unit}" "${text}")
  put("${unit}" "${CHUNKRD_SYSTEMD_DIR}")
endforeach()

function(put_page source section page)
  execute_process(COMMAND "${CHUNKRD_SCDOC}" INPUT_FILE "${source}" OUTPUT_FILE "${CHUNKRD_BINARY}/${page}.${section}"
    COMMAND_ERROR_IS_FATAL ANY)
  put(${page}.${section} "${CHUNKRD_MANDIR}/man${section}")
endfunction()
if(CHUNKRD_SCDOC)
  put_page("${CHUNKRD_SOURCE}/docs/chunkrd.1.scd" 1 chunkrd)
  put_page("${CHUNKRD_SOURCE}/docs/chunkr-local.1.scd" 1 chunkr-local)
  file(READ "${CHUNKRD_SOURCE}/config/chunkrd.yaml" CHUNKRD_YAML)
  configure_file("${CHUNKRD_SOURCE}/docs/chunkrd.yaml.5.scd.in" "${CHUNKRD_BINARY}/chunkrd.yaml.5.scd" @ONLY)
  put_page("${CHUNKRD_BINARY}/chunkrd.yaml.5.scd" 5 chunkrd.yaml)
endif()
