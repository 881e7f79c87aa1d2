# What `cmake --install` puts where (GNUInstallDirs). Units and the page that name paths are written while installing:
# --prefix may be another one than that of the configuration.
include(GNUInstallDirs)
set(CHUNKRD_SYSTEMD_DIR lib/systemd/system CACHE STRING "Folder of systemd units, below the prefix")
set(CHUNKRD_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Folder of zsh completions, below the prefix")
set(CHUNKRD_DATA_DIR ${CMAKE_INSTALL_DATADIR}/chunkrd)

install(TARGETS chunkrd chunkr-local RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The programs' own words for the shells.
set(completions ${PROJECT_BINARY_DIR}/completions)
add_custom_command(
  OUTPUT ${completions}/chunkrd ${completions}/_chunkrd ${completions}/chunkrd.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
  COMMAND chunkrd completion bash > ${completions}/chunkrd
  COMMAND chunkrd completion zsh > ${completions}/_chunkrd
  COMMAND chunkrd completion fish > ${completions}/chunkrd.fish
  DEPENDS chunkrd)
add_custom_target(completions ALL DEPENDS ${completions}/chunkrd)
install(FILES ${completions}/chunkrd DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_chunkrd DESTINATION ${CHUNKRD_ZSH_DIR})
install(FILES ${completions}/chunkrd.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(FILES config/chunkrd.yaml systemd/only-this-machine.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES config/schema.json DESTINATION ${CHUNKRD_DATA_DIR})
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.png")
install(FILES local/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/chunkr-local)
foreach(folder grafana alerts)
  install(DIRECTORY metrics/${folder} DESTINATION ${CHUNKRD_DATA_DIR} OPTIONAL
    FILES_MATCHING PATTERN "*.json" PATTERN "*.yml" PATTERN "*.yaml")
endforeach()

install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME chunkrd.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME chunkrd.conf)

find_program(SCDOC scdoc)
if(NOT SCDOC)
  message(STATUS "scdoc is not installed: no man pages")
endif()
install(CODE "
  set(CHUNKRD_SOURCE [[${PROJECT_SOURCE_DIR}]])
  set(CHUNKRD_BINARY [[${PROJECT_BINARY_DIR}/installed]])
  set(CHUNKRD_SCDOC [[${SCDOC}]])
  set(CHUNKRD_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  set(CHUNKRD_DATA_FOLDER \"\${CMAKE_INSTALL_PREFIX}/${CHUNKRD_DATA_DIR}\")
  set(CHUNKRD_SYSTEMD_DIR [[${CHUNKRD_SYSTEMD_DIR}]])
  set(CHUNKRD_MANDIR [[${CMAKE_INSTALL_MANDIR}]])
  include([[${PROJECT_SOURCE_DIR}/cmake/install/write.cmake]])
")
